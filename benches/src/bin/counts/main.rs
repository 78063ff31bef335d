//! Runs one path of the breaker for callgrind, which counts its instructions. `cargo xtask counts` builds it, runs every
//! path under valgrind and compares the counts with `benches/counts.txt`.
//!
//! ```text
//! counts            the names of all paths
//! counts <path>     sets the path up, warms it up, runs its rounds, says what xtask needs to read them
//! ```

mod paths;
mod rounds;

use std::process::ExitCode;

fn main() -> ExitCode {
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
    match rounds::settled() {
        Ok(()) => {
            (path.run)(path.calls);
            println!("warm-up {}", rounds::WARM_UP);
            println!("calls {}", path.calls);
            let clock = if !path.reads_clock {
                "none"
            } else if rounds::has_counter() {
                "counter"
            } else {
                "system"
            };
            println!("clock {clock}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("counts: {why}");
            ExitCode::FAILURE
        }
    }
}
