//! Runs all scenarios: those of one server one after another, all servers side by side.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use crate::namespaces;
use crate::report::table;
use crate::scenario::Scenario;
use crate::subjects::Server;
use crate::table::SCENARIOS;

/// The cells of a row, and what was wrong.
pub(crate) type Result = std::result::Result<(Vec<String>, Vec<String>), String>;

/// Runs them, prints the table, and fails with all that was wrong.
pub(crate) fn run() {
    let start = Instant::now();
    let runtime = runtime();
    let mut results: Vec<(usize, Result)> = thread::scope(|scope| {
        let own = Server::ALL.map(|server| {
            scope.spawn({
                let runtime = &runtime;
                move || of_server(server, runtime)
            })
        });
        let inside = scope.spawn(namespaces::run_all);
        own.into_iter().chain([inside]).flat_map(|thread| thread.join().expect("panics are caught")).collect()
    });
    results.sort_by_key(|(number, _)| *number);
    let rows: Vec<_> = results.iter().filter_map(|(_, result)| result.as_ref().ok()).map(|row| row.0.clone()).collect();
    let seconds = start.elapsed().as_secs_f64();
    println!("\n{}\n{} scenarios in {seconds:.1} s", table(&rows), SCENARIOS.len());
    let wrong: Vec<String> = results.into_iter().flat_map(|(number, result)| complaints(number, result)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn complaints(number: usize, result: Result) -> Vec<String> {
    let wrong = result.map_or_else(|panic| vec![panic], |(_, wrong)| wrong);
    wrong.into_iter().map(|wrong| format!("{}: {wrong}", SCENARIOS[number].name())).collect()
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made")
}

/// Runs the scenarios of this server that need no namespace.
fn of_server(server: Server, runtime: &Runtime) -> Vec<(usize, Result)> {
    let chosen = SCENARIOS.iter().enumerate();
    let chosen = chosen.filter(|(_, scenario)| scenario.server == server && !scenario.damage.needs_namespaces());
    let chosen: Vec<(usize, Scenario)> = chosen.map(|(number, scenario)| (number, *scenario)).collect();
    // A server that doesn't start fails all of them.
    let subject = match caught(|| server.start()) {
        Ok(subject) => subject,
        Err(panic) => return chosen.into_iter().map(|(number, _)| (number, Err(panic.clone()))).collect(),
    };
    let run = |scenario: &Scenario| {
        let row = caught(|| scenario.run(&*subject, runtime.handle(), None))?;
        Ok((row.cells(), row.wrong))
    };
    chosen.into_iter().map(|(number, scenario)| (number, run(&scenario))).collect()
}

/// Returns the message of a panic.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
    })
}
