//! The main story: a review service on `SQLite`, S3, a cache, files and an HTTP server lives through five real outages.
//!
//! `cargo run` shows it on a live screen, `cargo run -- --plain` as lines. What to read first: `service/reviews.rs`,
//! which is all that a user of the breaker writes.

mod args;
mod checks;
mod dependency;
mod drill;
mod edits;
mod frame;
mod journal;
mod ledger;
mod outage;
mod plain;
mod play;
mod probe;
mod report;
mod screen;
mod script;
mod service;
mod strip;
mod traffic;
mod verdict;
mod view;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use breaker_core::Registry;

use args::Args;
use drill::{Drill, Outcome};
use screen::Screen;

/// What can go wrong outside the breakers: no disk, no port.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The time between two looks.
const FRAME: Duration = Duration::from_millis(100);
/// What a shell expects of a program that was interrupted.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let plain = match args::parse(std::env::args().skip(1)) {
        Ok(Args::Run { plain }) => plain || !io::stdout().is_terminal(),
        Ok(Args::Help) => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(plain) {
        Ok(code) => code,
        // Whoever reads our output may leave early, as `head` does.
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the drill could not run: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(plain: bool) -> Result<ExitCode, BoxError> {
    let drill = Drill::start().await?;
    let whole = tokio::select! {
        shown = show(&drill, plain) => { shown?; true }
        _ = tokio::signal::ctrl_c() => false,
    };
    if !whole {
        eprintln!("interrupted: nothing was judged");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let mut watch = drill.watch();
    let outcome = drill.finish().await?;
    let view = watch.look();
    let mut out = io::stdout().lock();
    if !plain {
        last_screen(&mut out, &view)?;
    }
    conclude(&mut out, &outcome)
}

/// Shows the drill until it is over.
async fn show(drill: &Drill, plain: bool) -> io::Result<()> {
    let mut watch = drill.watch();
    let mut tick = tokio::time::interval(FRAME);
    let screen = if plain { None } else { Some(Screen::open()?) };
    let mut log = plain::Plain::default();
    while !drill.is_over() {
        tick.tick().await;
        let view = watch.look();
        match &screen {
            Some(screen) => screen.draw(&view)?,
            None => log.lines(&view).iter().try_for_each(|line| writeln!(io::stdout(), "{line}"))?,
        }
    }
    Ok(())
}

/// Leaves strips and story on the terminal, when the live screen is gone.
fn last_screen(out: &mut impl io::Write, view: &view::View) -> io::Result<()> {
    let columns = frame::strip_width(crossterm::terminal::size().map_or(100, |(width, _)| width.into()));
    for service in &view.services {
        screen::write_line(out, &frame::strip_line(view, service, columns))?;
        writeln!(out)?;
        screen::write_line(out, &frame::outage_line(service.dependency, columns))?;
        writeln!(out)?;
    }
    for line in [frame::axis(columns), frame::legend()] {
        screen::write_line(out, &line)?;
        writeln!(out)?;
    }
    writeln!(out)?;
    view.entries.iter().try_for_each(|entry| writeln!(out, "{entry}"))
}

/// Prints the tables and the verdict.
fn conclude(out: &mut impl io::Write, outcome: &Outcome) -> Result<ExitCode, BoxError> {
    writeln!(out, "\nTHE REGISTRY'S METRICS\n\n{}", report::metrics_table(&Registry::global().metrics().services))?;
    writeln!(out, "THE HEALTH REPORT AT THE END\n\n{}", report::health_table(&outcome.health))?;
    if let Some(settings) = &outcome.settings {
        writeln!(out, "WHAT THE FILE SAYS ABOUT S3\n\n{}", report::said_by_the_file(settings))?;
    }
    writeln!(out, "WITH AND WITHOUT BREAKERS\n\n{}", report::comparison(&outcome.findings))?;
    writeln!(
        out,
        "{} requests were answered; {} reviews waited in the outbox for the database\n\
         and were delivered.",
        outcome.visits.made, outcome.delivered
    )?;
    if let Some((before, after)) = outcome.waits {
        writeln!(
            out,
            "The file was edited while s3 was away: it waited {before:.1?} before it probed,\n\
             and {after:.1?} from then on. The slip in the file changed nothing."
        )?;
    }
    if outcome.faults.is_empty() {
        let waits: Vec<String> = outcome.back_off.waits.iter().map(|wait| format!("{wait:.1?}")).collect();
        writeln!(
            out,
            "A listing of the catalog makes calls of the same breaker. {} of them were made\n\
             inside probes: they needed no permits of their own and were counted nowhere.\n\
             The health check of prices passed while every price failed. Once a probe had\n\
             shown that, each open time lasted to its end: {}.",
            outcome.nested.in_probes,
            waits.join(", ")
        )?;
        writeln!(
            out,
            "PASSED: every breaker opened, probed and closed again; no call was lost; no\n\
             caller saw an error."
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    out.flush()?;
    for fault in &outcome.faults {
        eprintln!("FAILED: {fault}");
    }
    Ok(ExitCode::FAILURE)
}
