//! The project's chores, as `cargo xtask <command>`. `main` only dispatches.

mod api;
mod arrows;
mod build_cost;
mod counts;
mod features;
mod fuzz;
mod install;
mod loom;
mod memcheck;
mod metadata;
mod msrv;
mod mutants;
mod published;
mod run;
mod steps;
mod stories;
mod supply;
mod sweep;
mod test;
mod weaken;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use run::Tool;

const USAGE: &str = "\
cargo xtask <command>

  test [step…]    everything that must hold before a change goes in, or only the named steps; all of them run, also after
                  one has failed
  arrows          which crate and which file may import which (ARCHITECTURE.md): fails on an upward import and on a circle
  api             every public item of the libraries, held against api/*.txt; `--bless` writes those files
  loom [name…]    the models of the engine's protocols, through all interleavings; or those of a file (`headroom`) or name
  weaken [row…]   takes the engine's orderings away one by one (engine/loom_tests/weakenings.txt): does a model of each
                  notice? Minutes; or only the rows whose names begin so (`fence`)
  bless [keys]    write the compiler's present messages into ui-tests (then read each one), and what is made from the table
                  of keys: the README's tables, the schema of breaker-config's file, the fuzzer's words; or these alone
  bench [args…]   this project and other circuit breakers, in one run; writes benches/RESULTS.md and the README's table
                  (`--quick`, or the names of scenarios: writes nothing)
  bench engine [args…]
                  the engine's own bench in breaker-core (e.g. `-- --quick`, `-- rejected`)
  counts          instructions per call, held against benches/counts.txt; `--bless` writes that file
  sweep [part…]   instructions per call under every kind of configuration: none costs more than 1.5 times the cheapest of its
                  kind, where a slice holds 100 calls of each stripe; or only the cases with these words in kind or name
  memcheck        the engine's tests under valgrind: nothing is read that isn't ours, nothing is lost
  soak [calls]    a billion calls (or e.g. `1e7`) on 8 threads: every counter exact, memory flat
  reload          what a reload of a configuration file of 200 services takes, and what callers notice of it
  mutants [args…] plants faults one by one: do the tests notice? Hours; args go to cargo-mutants (`--shard 0/8`, `-f FILE`)
  supply [step…]  before a release: licences, sources and advisories of all dependencies (installs cargo-deny), and a build
                  with the oldest versions that the manifests allow
  fuzz [target] [seconds]
                  random inputs for the attribute, for durations and for the reference model (`attribute`, `durations`,
                  `sequences`; 600 s each); needs a nightly compiler and cargo-fuzz
  build-cost      a cold build of breaker-core, and what the attribute adds to a check";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = workspace_root();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let done = match command {
        "test" => test::run(&root, rest),
        "supply" => supply::run(&root, rest),
        _ => chore(command, &root, rest).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        ExitCode::FAILURE
    })
}

/// What is a single step, and says in one message why it fails.
fn chore(command: &str, root: &Path, rest: &[String]) -> Result<(), String> {
    match command {
        "api" => api::run(root, rest),
        "arrows" => arrows::run(root),
        "loom" => loom::run(root, rest),
        "weaken" => weaken::run(root, rest),
        "bless" => bless(root, rest),
        "bench" => bench(root, rest),
        "counts" => counts::run(root, rest),
        "sweep" => sweep::run(root, rest),
        "fuzz" => fuzz::run(root, rest),
        "memcheck" => memcheck::run(root),
        "build-cost" => build_cost::run(root),
        "mutants" => mutants::run(root, rest),
        "soak" | "reload" => figures(root, command, rest),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("unknown command `{other}`\n\n{USAGE}")),
    }
}

/// Blessing runs exactly what the steps `ui-tests` and `tests` run, so that what is written is what they will compare.
fn bless(root: &Path, args: &[String]) -> Result<(), String> {
    match args {
        [] => test::ui_tests(root).env("TRYBUILD", "overwrite").run()?,
        [keys] if keys == "keys" => {}
        [other, ..] => return Err(format!("`{other}` is nothing that `bless` knows: there is `keys`")),
    }
    let documents = ["test", "-p", "breaker-keys", "--test", "documents"];
    Tool::cargo(root, &documents).env("KEYS", "overwrite").run()?;
    let schema = ["test", "-p", "breaker-config", "--features", "schema", "--test", "schema"];
    Tool::cargo(root, &schema).env("SCHEMA", "overwrite").run()
}

fn bench(root: &Path, args: &[String]) -> Result<(), String> {
    // Default features in both: the manual clock and logs would be in the figures.
    let (tool, args) = match args.split_first() {
        Some((first, rest)) if first == "engine" => {
            (Tool::cargo(root, &["bench", "-p", "breaker-core", "--bench", "calls"]), rest)
        }
        _ => (Tool::cargo(root, &["run", "--release", "-p", "breaker-benches", "--"]), args),
    };
    args.iter().fold(tool, |tool, arg| tool.arg(arg)).run()
}

/// One of the programs beside the comparison.
fn figures(root: &Path, program: &str, args: &[String]) -> Result<(), String> {
    let tool = Tool::cargo(root, &["run", "--release", "-p", "breaker-benches", "--bin", program, "--"]);
    args.iter().fold(tool, |tool, arg| tool.arg(arg)).run()
}

/// The manifest directory is known at compile time; a moved checkout is rebuilt by cargo.
fn workspace_root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.to_path_buf(), Path::to_path_buf)
}
