//! Runs one path of the breaker for callgrind, which counts its instructions. `cargo xtask counts` builds it with
//! `--cfg breaker_counts`, so that the program controls the clock, runs each path under valgrind, and compares the
//! counts with `benches/counts.txt`.
//!
//! ```text
//! counts               lists the names of all paths
//! counts <path>        sets the path up, warms it up, runs its rounds, prints what xtask needs to read them
//! counts sweep         lists the cases of the sweep, one per line: calls, kind, name
//! counts sweep <n>     runs case n: one round of all its calls, then rounds of a single call
//! ```

mod paths;
mod rounds;
mod sweep;

use std::process::ExitCode;

fn main() -> ExitCode {
    if !cfg!(breaker_counts) {
        eprintln!("counts: built without `--cfg breaker_counts`; run `cargo xtask counts`");
        return ExitCode::FAILURE;
    }
    if std::env::args().nth(1).is_some_and(|first| first == "sweep") {
        return sweep(std::env::args().nth(2));
    }
    let Some(name) = std::env::args().nth(1) else {
        for path in paths::ALL {
            println!("{}", path.name);
        }
        return ExitCode::SUCCESS;
    };
    let Some(path) = paths::ALL.iter().find(|path| path.name == name) else {
        eprintln!("counts: no path is called `{name}`; without an argument, all are listed");
        return ExitCode::FAILURE;
    };
    (path.run)(path.calls);
    println!("warm-up {}", rounds::WARM_UP);
    println!("calls {}", path.calls);
    ExitCode::SUCCESS
}

fn sweep(which: Option<String>) -> ExitCode {
    let cases = sweep::all();
    let Some(which) = which else {
        for case in &cases {
            println!("{}\t{}\t{}", case.calls(), case.kind, case.name);
        }
        return ExitCode::SUCCESS;
    };
    let Some(case) = which.parse().ok().and_then(|which: usize| cases.get(which)) else {
        eprintln!("counts: the sweep has no case {which}");
        return ExitCode::FAILURE;
    };
    case.run();
    ExitCode::SUCCESS
}
