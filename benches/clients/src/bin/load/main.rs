//! What callers of a service get with and without a circuit breaker: while it answers, while some of its answers fail,
//! while it answers nothing, and while it recovers. Real HTTP on the loopback; rounds with and without alternate.
//!
//! `cargo xtask load` writes docs/load.md and docs/load.svg; `cargo xtask load --quick` only prints the table.

mod callers;
mod figures;
mod plot;
mod report;
mod service;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use callers::Way;
use figures::{Phase, Round};
use service::{Behaviour, Service};

/// How long and how often everything is measured.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    round: Duration,
    rounds: usize,
}

const WHOLE: Plan = Plan { round: Duration::from_secs(2), rounds: 7 };
const QUICK: Plan = Plan { round: Duration::from_secs(1), rounds: 1 };

const PHASES: [(&str, Behaviour); 5] = [
    ("normal", Behaviour::Normal),
    ("30 % failing", Behaviour::Failing { percent: 30 }),
    ("50 % failing", Behaviour::Failing { percent: 50 }),
    ("black-holed", Behaviour::BlackHoled),
    ("recovering", Behaviour::Recovering),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let plan = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => WHOLE,
        ["--quick"] => QUICK,
        _ => {
            eprintln!("unknown arguments {args:?} for `load`; expected none, or `--quick`");
            return ExitCode::FAILURE;
        }
    };
    match run(plan).and_then(|phases| show(&phases, plan)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures all phases. Callers have one thread, the service another.
fn run(plan: Plan) -> Result<Vec<Phase>, Box<dyn std::error::Error>> {
    let service = Service::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut phases = Vec::new();
        for (name, behaviour) in PHASES {
            let mut phase = Phase { name, plain: Vec::new(), guarded: Vec::new() };
            for _ in 0..plan.rounds {
                phase.plain.push(round(&service, behaviour, Way::Plain, plan).await?);
                phase.guarded.push(round(&service, behaviour, Way::Guarded, plan).await?);
            }
            println!("{name}: measured {} rounds each way", plan.rounds);
            phases.push(phase);
        }
        Ok(phases)
    })
}

async fn round(service: &Service, behaviour: Behaviour, way: Way, plan: Plan) -> Result<Round, reqwest::Error> {
    service.behave(behaviour, plan.round);
    callers::round(service.address(), way, plan.round).await
}

/// Prints the table, writes the files, and returns whether the goals are met.
fn show(phases: &[Phase], plan: Plan) -> Result<bool, Box<dyn std::error::Error>> {
    let report = report::Report::of(phases, plan);
    println!("\n{}", report.text);
    if plan.rounds == WHOLE.rounds {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        std::fs::write(docs.join("load.md"), &report.text)?;
        std::fs::write(docs.join("load.svg"), plot::svg(phases))?;
        println!("wrote docs/load.md and docs/load.svg");
    }
    Ok(report.is_met)
}
