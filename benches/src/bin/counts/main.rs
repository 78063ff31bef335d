//! Runs one path of the breaker for callgrind, which counts its instructions. `cargo xtask counts` builds it with
//! `--cfg breaker_counts`, so that the program turns the clock; runs every path under valgrind; and compares the counts
//! with `benches/counts.txt`.
//!
//! ```text
//! counts            the names of all paths
//! counts <path>     sets the path up, warms it up, runs its rounds, prints what xtask needs to read them
//! ```

mod paths;
mod rounds;

use std::process::ExitCode;

fn main() -> ExitCode {
    if !cfg!(breaker_counts) {
        eprintln!("counts: built without `--cfg breaker_counts`; run `cargo xtask counts`");
        return ExitCode::FAILURE;
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
