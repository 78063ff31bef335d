//! The comparison of this project and other circuit breakers with the same work in one run.
//!
//! `cargo xtask bench` runs it and writes the page of this processor in `benches/results`, its plot and the README's
//! short table.

use std::process::ExitCode;
use std::time::Duration;

use measure::Effort;
use pool::Pool;
use scenarios::{NAMES, Results};

mod heap;
mod load;
mod machine;
mod measure;
mod numbers;
mod pool;
mod report;
mod scenarios;
mod subjects;
mod work;

const USAGE: &str = "\
cargo xtask bench [--quick] [scenario…]

  without arguments   everything; writes benches/results/<processor>.md, its plot, and the README's
                      table if other programs had at most 2 % of the machine
  --quick             one short round; prints, and writes nothing
  scenario…           only these; prints, and writes nothing";

const FULL: Effort = Effort { rounds: 7, visits: 5, visit: Duration::from_millis(10) };
const QUICK: Effort = Effort { rounds: 1, visits: 1, visit: Duration::from_millis(5) };

fn main() -> ExitCode {
    // Skip a `--` that was passed as with cargo.
    match run(&std::env::args().skip(1).filter(|arg| arg != "--").collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}\n\nscenarios: {}", NAMES.join(", "));
        return Ok(());
    }
    let (flags, names): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.starts_with('-'));
    let quick = flags.iter().any(|flag| *flag == "--quick");
    if let Some(unknown) = flags.iter().find(|flag| **flag != "--quick") {
        return Err(format!("unknown option `{unknown}`\n\n{USAGE}"));
    }
    if let Some(unknown) = names.iter().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(format!("no scenario is called `{unknown}`; the scenarios are: {}", NAMES.join(", ")));
    }
    let mut machine = machine::Machine::this()?;
    machine::wait_for_the_clock();
    let load = load::Load::start();
    let pool = Pool::new(*scenarios::THREADS.iter().max().expect("there are some"));
    let effort = if quick { QUICK } else { FULL };
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| *wanted == name);
    let results: Results = scenarios::run(&pool, effort, wanted);
    machine.others = load.of_others();
    let report = report::write(&results, &machine, effort);
    if quick || !names.is_empty() {
        println!("\n{report}");
        return Ok(());
    }
    report::save(&results, &machine, &report)
}
