//! Measures a reload of a configuration file with 200 services, and how calls are affected meanwhile.
//!
//! The file alternates between two texts that differ in each service, so each reload reconfigures all breakers.

mod pauses;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use breaker_config::Loader;
use breaker_core::{Config, Registry};

const SERVICES: usize = 200;
const RELOADS: usize = 201;
/// The longest acceptable reload.
const AIM: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let registry = Registry::new();
    let breakers: Vec<_> =
        (0..SERVICES).map(|number| registry.get_or_create(&name(number), Config::default())).collect();
    let directory = std::env::temp_dir().join(format!("breaker-reload-{}", std::process::id()));
    let files = [directory.join("a.yaml"), directory.join("b.yaml")];
    let texts = [text(5), text(6)];
    if let Err(error) = std::fs::create_dir(&directory)
        .and_then(|()| files.iter().zip(&texts).try_for_each(|(file, text)| std::fs::write(file, text)))
    {
        eprintln!("reload: can't write to {}: {error}", directory.display());
        return ExitCode::FAILURE;
    }
    let loaders = files.each_ref().map(|file| Loader::new().file(file));

    let (mut loads, mut applies, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..RELOADS {
        let (load, apply) = reload(&loaders[round % 2], &registry);
        let expected = [5, 6][round % 2];
        assert!(breakers.iter().all(|breaker| breaker.config().failure_threshold() == Some(expected)));
        loads.push(load);
        applies.push(apply);
        sums.push(load + apply);
    }
    println!(
        "{SERVICES} services, {} bytes, {RELOADS} reloads, each of which reconfigures all of them",
        texts[0].len()
    );
    for (what, times) in [("read, parse, check", &mut loads), ("apply", &mut applies), ("together", &mut sums)] {
        times.sort();
        println!("  {what:<20} median {:>8.2?}  longest {:>8.2?}", times[RELOADS / 2], times[RELOADS - 1]);
    }

    println!("\nonly calls of one breaker, and calls while one reload follows the other without a pause");
    let mut round = 0;
    let [quiet, busy] = pauses::compare(&breakers[0], || {
        round += 1;
        reload(&loaders[round % 2], &registry);
    });
    println!("  {round} reloads meanwhile\n  only calls           {quiet}\n  while reloading      {busy}");
    // Ignored if it fails: the directory is small, and the system cleans up its temporary files.
    let _ = std::fs::remove_dir_all(&directory);
    if sums[RELOADS / 2] <= AIM {
        println!("\na reload takes at most {AIM:?}: met");
        return ExitCode::SUCCESS;
    }
    eprintln!("\nreload: a reload takes {:.2?}, the aim is {AIM:?}", sums[RELOADS / 2]);
    ExitCode::FAILURE
}

fn reload(loader: &Loader, registry: &Registry) -> (Duration, Duration) {
    let start = Instant::now();
    let configuration = loader.load().expect("a good file");
    let load = start.elapsed();
    let report = configuration.apply_to(registry).expect("it fits");
    let apply = start.elapsed().saturating_sub(load);
    assert!(report.warnings.is_empty());
    (load, apply)
}

fn name(number: usize) -> String {
    format!("service-{number:03}")
}

/// Returns a file with eleven keys for each service. The texts of one key's duration differ in length.
fn text(threshold: u32) -> String {
    let mut text = "circuit_breaker:\n  defaults:\n    criticality: optional\n".to_owned();
    for number in 0..SERVICES {
        let _ = write!(
            text,
            "  {}:\n    preset: database\n    failure_threshold: {threshold}\n    failure_rate: 0.5\n    minimum_requests: 20\n    \
             window: {}s\n    open_timeout: {number}s 500ms\n    success_threshold: 3\n    half_open_max_calls: 2\n    \
             request_timeout: 5s\n    slow_call_duration: 2s\n    slow_call_rate: 0.8\n",
            name(number),
            10 * threshold,
        );
    }
    text
}
