//! `cargo xtask sweep`: counts the instructions of a call under every kind of configuration. No configuration may make
//! calls several times as expensive as others of their kind. The most expensive single call is listed, too.
//!
//! Cases are compared within one *kind*: what is recorded of a call (only counters; a time-based or count-based window,
//! with or without the response time), and the share of bad calls. Within a kind, cases differ in the rules, whether
//! their minimum is reached, the contents of the window, and the number of stripes. If a thread makes few calls
//! in a slice, the first one is a large part of their cost, so these cases are kinds of their own, for one stripe and for many.

mod plot;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::counts::{self, callgrind};
use crate::run::Tool;

/// A case, as the program lists it.
#[derive(Clone, Debug, PartialEq)]
struct Case {
    calls: u64,
    kind: String,
    name: String,
}

/// The cost of a case, in instructions.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Price {
    mean: f64,
    /// The most expensive of the first calls: one that needs a verdict.
    dearest: u64,
}

/// How many times the cheapest of its kind a case may cost.
const LIMIT: f64 = 1.5;

/// The plot of all cases. It is the same on every processor.
const PLOT: &str = "benches/results/sweep.svg";

/// Runs all cases, or those whose kind or name contains one of these texts.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    if !counts::has_valgrind(root)? {
        return Ok(());
    }
    let program = counts::build(root)?;
    let list = Tool::new(&program.to_string_lossy(), root, &["sweep"]).output()?;
    let cases = list.lines().map(Case::parse).collect::<Result<Vec<_>, _>>()?;
    let is_chosen = |case: &Case| args.iter().all(|part| case.kind.contains(part) || case.name.contains(part));
    let chosen: Vec<(usize, Case)> = cases.into_iter().enumerate().filter(|(_, case)| is_chosen(case)).collect();
    println!("    $ valgrind --tool=callgrind … counts sweep <n>, for each of {} cases", chosen.len());
    let prices = measure_all(root, &program, &chosen)?;
    let rows: Vec<(Case, Price)> = chosen.into_iter().map(|(_, case)| case).zip(prices).collect();
    let (table, faults) = compare(&rows);
    println!("{table}");
    if args.is_empty() {
        println!("    writes {PLOT}");
        fs::write(root.join(PLOT), plot::svg(&rows)).map_err(|error| format!("can't write {PLOT}: {error}"))?;
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("calls that cost too much compared with the cheapest of their kind:\n  {}", faults.join("\n  ")))
}

impl Case {
    fn parse(line: &str) -> Result<Self, String> {
        let [calls, kind, name] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("`{line}` is not a case"));
        };
        let calls = calls.parse().map_err(|_| format!("`{calls}` is not a number of calls"))?;
        Ok(Self { calls, kind: kind.to_owned(), name: name.to_owned() })
    }
}

/// Runs several cases at once: instruction counts don't depend on other programs.
fn measure_all(root: &Path, program: &Path, cases: &[(usize, Case)]) -> Result<Vec<Price>, String> {
    let next = AtomicUsize::new(0);
    let prices = Mutex::new(BTreeMap::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for worker in 0..workers {
            let (next, prices) = (&next, &prices);
            scope.spawn(move || {
                while let Some((at, (number, case))) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(at).map(|case| (at, case))
                } {
                    let price = measure(root, program, worker, *number, case);
                    prices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(at, price);
                }
            });
        }
    });
    prices.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}

fn measure(root: &Path, program: &Path, worker: usize, number: usize, case: &Case) -> Result<Price, String> {
    let run = callgrind::run(root, program, &["sweep", &number.to_string()], &format!("sweep-{worker}"))
        .map_err(|fault| format!("{}, {}: {fault}", case.kind, case.name))?;
    price(case, run.rounds()).ok_or(format!("{}, {}: callgrind has counted no rounds", case.kind, case.name))
}

/// The first round has all calls, the others one each.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn price(case: &Case, mut rounds: impl Iterator<Item = u64>) -> Option<Price> {
    let all = rounds.next()?;
    Some(Price { mean: all as f64 / case.calls as f64, dearest: rounds.max()? })
}

/// Returns the table, and the cases that are too expensive.
fn compare(rows: &[(Case, Price)]) -> (String, Vec<String>) {
    let mut cheapest: BTreeMap<&str, f64> = BTreeMap::new();
    for (case, price) in rows {
        let least = cheapest.entry(&case.kind).or_insert(price.mean);
        *least = least.min(price.mean);
    }
    let width = rows.iter().map(|(case, _)| case.name.chars().count()).max().unwrap_or(0);
    let (mut lines, mut faults, mut kind) = (Vec::new(), Vec::new(), "");
    for (case, Price { mean, dearest }) in rows {
        if case.kind != kind {
            kind = &case.kind;
            lines.push(format!("    {kind:<width$}      mean  times   most costly"));
        }
        let times = mean / cheapest[kind];
        let is_fault = times > LIMIT;
        let remark = if is_fault { "  TOO EXPENSIVE" } else { "" };
        lines.push(format!("      {:<width$} {mean:>8.1} {times:>6.2} {dearest:>13}{remark}", case.name));
        if is_fault {
            faults.push(format!("{kind}, {}: {times:.2} times", case.name));
        }
    }
    (lines.join("\n"), faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(kind: &str, name: &str) -> Case {
        Case { calls: 10, kind: kind.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn a_line_of_the_program_is_a_case() {
        assert_eq!(Case::parse("10\tlast calls\tfull, rate"), Ok(case("last calls", "full, rate")));
        assert!(Case::parse("ten\ta\tb").is_err() && Case::parse("10").is_err());
    }

    #[test]
    fn the_first_round_has_all_calls_and_the_others_one_each() {
        let found = price(&case("a", "b"), [2_500, 250, 9_000, 240].into_iter());
        assert_eq!(found, Some(Price { mean: 250.0, dearest: 9_000 }));
        assert_eq!(price(&case("a", "b"), [2_500].into_iter()), None);
    }

    #[test]
    fn a_case_is_compared_with_the_cheapest_of_its_kind() {
        let price = |mean| Price { mean, dearest: 5_000 };
        let rows = [
            (case("a", "one"), price(200.0)),
            (case("a", "two"), price(301.0)),
            (case("a", "three"), price(300.0)),
            (case("b", "four"), price(900.0)),
        ];
        let (table, faults) = compare(&rows);
        assert_eq!(faults, ["a, two: 1.50 times"]);
        assert_eq!(table.matches("TOO EXPENSIVE").count(), 1);
    }
}
