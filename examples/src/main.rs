//! The drill: a review service on `SQLite`, S3, Redis, files and an HTTP server has five real outages.
//!
//! `cargo run` shows it on a live screen, `cargo run -- --plain` as lines; `cargo run -- --serve` runs the service without
//! outages. Start reading with `service/prices.rs` (the attribute) and `service/reviews.rs` (a client that
//! has the breaker inside), which are all that a user of the breaker writes.

mod args;
mod checks;
mod dependency;
mod drill;
mod edits;
mod frame;
mod inspector;
mod journal;
mod ledger;
mod outage;
mod plain;
mod play;
mod probe;
mod proxy;
mod real_s3;
mod report;
mod screen;
mod script;
mod serve;
mod service;
mod stage;
mod story;
mod strip;
mod summary;
mod table;
mod text;
mod traffic;
mod upstream;
mod verdict;
mod view;
mod visitor;
mod web;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use args::Args;
use drill::Drill;
use plain::Plain;
use screen::Screen;
use upstream::Upstreams;
use view::Watch;

/// An error outside the breakers: no disk, no port.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The time between two looks.
const FRAME: Duration = Duration::from_millis(100);
/// What a shell expects of a program that was interrupted.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let result = match args::parse(std::env::args_os()) {
        Ok(Args::Run { plain, upstreams }) => run(plain || !io::stdout().is_terminal(), upstreams),
        Ok(Args::Serve { port, upstreams }) => serve(port, upstreams),
        Ok(Args::Help) => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => code,
        // The reader of the output may end early, as `head` does.
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the review service could not run: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(port: u16, upstreams: Upstreams) -> Result<ExitCode, BoxError> {
    serve::run(port, upstreams).await
}

#[tokio::main]
async fn run(plain: bool, upstreams: Upstreams) -> Result<ExitCode, BoxError> {
    let drill = Drill::start(upstreams).await?;
    let mut watch = drill.watch();
    let mut log = plain.then(|| Plain::new(columns()));
    if plain {
        writeln!(io::stdout(), "The review service is at http://{}.", drill.address())?;
    }
    let finished = async {
        let is_over = match &mut log {
            Some(log) => print(&drill, &mut watch, log).await?,
            None => draw(&drill, &mut watch).await?,
        };
        if is_over { drill.finish().await.map(Some) } else { Ok(None) }
    };
    let outcome = tokio::select! {
        finished = finished => finished?,
        _ = tokio::signal::ctrl_c() => None,
    };
    let Some(outcome) = outcome else {
        eprintln!("interrupted before the end: no verdict");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let mut out = io::stdout().lock();
    let view = watch.look();
    match &mut log {
        Some(log) => log.events(&view).iter().try_for_each(|line| writeln!(out, "{line}"))?,
        None => frame::whole(&view, columns()).iter().try_for_each(|line| {
            screen::write_line(&mut out, line)?;
            writeln!(out)
        })?,
    }
    let width = columns().min(text::WIDTH);
    write!(out, "\n{}", summary::summary(&outcome, width))?;
    out.flush()?;
    eprint!("{}", summary::failures(&outcome.faults, width));
    Ok(if outcome.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The width for what is printed: the terminal's, where there is one.
fn columns() -> usize {
    if io::stdout().is_terminal() { screen::size().0.into() } else { text::WIDTH }
}

/// Draws the drill until it is over; returns false if the user quits earlier.
async fn draw(drill: &Drill, watch: &mut Watch) -> io::Result<bool> {
    let screen = Screen::open()?;
    let mut tick = tokio::time::interval(FRAME);
    while !drill.is_over() {
        tick.tick().await;
        if screen.is_quit()? {
            return Ok(false);
        }
        screen.draw(&watch.look())?;
    }
    Ok(true)
}

/// Prints the drill until it is over.
async fn print(drill: &Drill, watch: &mut Watch, log: &mut Plain) -> io::Result<bool> {
    let mut tick = tokio::time::interval(FRAME);
    while !drill.is_over() {
        tick.tick().await;
        log.lines(&watch.look()).iter().try_for_each(|line| writeln!(io::stdout(), "{line}"))?;
    }
    Ok(true)
}
