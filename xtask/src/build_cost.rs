//! `cargo xtask build-cost`: build time that the project costs its users. Measures a cold build of breaker-core, and
//! what the attribute adds to the check of a crate that uses it hundreds of times. Timed, so not part of
//! `cargo xtask test`.
//!
//! Processors and their load differ. So times are processor time where the system reports it, and goals are relative to
//! a reference that is built in the same run: syn, with its dependencies and the features that the attribute needs.

mod processor;
mod source;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::run::{Tool, target};
use source::Attribute;

/// Relative to the reference. 12 s were 3.6 on a machine with two processors; a tenth is left for noise.
const COLD_BUILD: f64 = 4.0;
/// Relative to the reference, for all functions. 3 ms each were 0.36 on that machine; a tenth is left for noise.
const FUNCTIONS: f64 = 0.40;
const ROUNDS: usize = 5;
const COLD_ROUNDS: usize = 3;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let place = target(root).join("build-cost");
    Tool::cargo(root, &["fetch", "--quiet"]).run()?;
    let [reference, cold] = cold_builds(root, &place)?;
    let [bare, without, by_hand, with] = checks(root, &place)?;
    let row = |what: &str, took: Duration, count: u32, goal: f64| {
        let share = took.as_secs_f64() / reference.as_secs_f64();
        let verdict = if share <= goal { "met" } else { "NOT MET" };
        println!("    {what:<46} {:>10} {share:>8.2}   goal {goal:>5.2}   {verdict}", human(took / count));
        share <= goal
    };
    println!("\n    {:<46} {:>10} {:>8}", "the reference: syn", human(reference), "1");
    let met = [
        row("cold build of breaker-core, default features", cold, 1, COLD_BUILD),
        row("an annotated function adds to a check", without.saturating_sub(bare), source::FUNCTIONS, FUNCTIONS),
        row("... with a fallback, over one called by hand", with.saturating_sub(by_hand), source::FUNCTIONS, FUNCTIONS),
    ];
    println!("    {:<46} {:>10}", "    (over none at all)", human(with.saturating_sub(bare) / source::FUNCTIONS));
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    println!(
        "    ({} functions: {} bare, {} annotated, {} with a fallback by hand, {} with one in the attribute; medians of {ROUNDS})",
        source::FUNCTIONS,
        seconds(bare),
        seconds(without),
        seconds(by_hand),
        seconds(with)
    );
    if met.contains(&false) { Err("a goal is not met".to_owned()) } else { Ok(()) }
}

fn human(time: Duration) -> String {
    if time >= Duration::from_secs(1) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{:.2} ms", time.as_secs_f64() * 1e3)
    }
}

/// Times the reference and breaker-core, in turns, as below.
fn cold_builds(root: &Path, place: &Path) -> Result<[Duration; 2], String> {
    let reference = place.join("reference");
    put(root, &reference, &source::reference(), "")?;
    let mut times: [Vec<Duration>; 2] = Default::default();
    for _ in 0..COLD_ROUNDS {
        times[0].push(cold_build(&reference, "build-cost-reference", &place.join("cold"))?);
        times[1].push(cold_build(root, "breaker-core", &place.join("cold"))?);
    }
    Ok(times.map(median))
}

fn cold_build(of: &Path, package: &str, place: &Path) -> Result<Duration, String> {
    if place.exists() {
        fs::remove_dir_all(place).map_err(|error| format!("can't empty {}: {error}", place.display()))?;
    }
    timed(Tool::cargo(of, &["build", "--quiet", "-p", package]).env("CARGO_TARGET_DIR", &place.to_string_lossy()))
}

/// Times a check: bare, annotated, with a fallback by hand, with one in the attribute. In turns, so that a machine that
/// slows down affects all of them.
fn checks(root: &Path, place: &Path) -> Result<[Duration; 4], String> {
    let crates = [
        ("bare", Attribute::None),
        ("annotated", Attribute::Plain),
        ("by-hand", Attribute::ByHand),
        ("fallback", Attribute::Fallback),
    ];
    for (name, attribute) in crates {
        write(root, &place.join(name), name, attribute)?;
        // Builds the dependencies, and everything else that is built once.
        check(place, name)?;
    }
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..ROUNDS {
        for ((name, attribute), times) in crates.iter().zip(&mut times) {
            write(root, &place.join(name), name, *attribute)?;
            times.push(check(place, name)?);
        }
    }
    Ok(times.map(median))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn check(place: &Path, name: &str) -> Result<Duration, String> {
    let check = Tool::cargo(&place.join(name), &["check", "--quiet", "-p", &format!("build-cost-{name}")])
        .env("CARGO_TARGET_DIR", &place.join("target").to_string_lossy())
        // Checks the whole crate each time, as after a change that affects all of it.
        .env("CARGO_INCREMENTAL", "0");
    timed(check)
}

fn timed(tool: Tool) -> Result<Duration, String> {
    let (start, before) = (Instant::now(), processor::of_children());
    tool.run()?;
    let used = processor::of_children().zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(used.unwrap_or_else(|| start.elapsed()))
}

/// Writes a package outside the workspace, with the same versions of all dependencies.
fn write(root: &Path, place: &Path, name: &str, attribute: Attribute) -> Result<(), String> {
    put(root, place, &source::manifest(name, &root.join("breaker-core")), &source::library(attribute))
}

fn put(root: &Path, place: &Path, manifest: &str, library: &str) -> Result<(), String> {
    let put = |file: &str, text: &str| {
        let path = place.join(file);
        fs::write(&path, text).map_err(|error| format!("can't write {}: {error}", path.display()))
    };
    let sources = place.join("src");
    fs::create_dir_all(&sources).map_err(|error| format!("can't make {}: {error}", sources.display()))?;
    let lock = place.join("Cargo.lock");
    if !lock.exists() {
        fs::copy(root.join("Cargo.lock"), &lock).map_err(|error| format!("can't copy Cargo.lock: {error}"))?;
    }
    put("Cargo.toml", manifest)?;
    put("src/lib.rs", library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_no_outlier() {
        let times = [7, 2, 900].map(Duration::from_millis).to_vec();
        assert_eq!(median(times), Duration::from_millis(7));
    }

    #[test]
    fn times_for_a_person() {
        assert_eq!(human(Duration::from_millis(17_350)), "17.4 s");
        assert_eq!(human(Duration::from_micros(1_230)), "1.23 ms");
    }
}
