//! The project's tasks, as `cargo xtask <command>`. `main` only dispatches.

mod api;
mod arrows;
mod build_cost;
mod choice;
mod counts;
mod failures;
mod features;
mod fuzz;
mod install;
mod loom;
mod memcheck;
mod metadata;
mod msrv;
mod mutants;
mod outages;
mod package;
mod published;
mod rules;
mod run;
mod semver;
mod sources;
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

  test [step…]    run all checks, or only the named steps; all steps run, also after one has failed; `--without servers`
                  leaves out the tests against real servers, and their installation
  arrows          check imports between crates and files (ARCHITECTURE.md): no upward import, no cycle
  rules           check that docs/rules.md has every rule that tests, comments and documentation cite, and that each rule
                  names tests that exist
  api             compare every public item of the libraries with api/*.txt; `--bless` writes those files
  loom [name…]    run the models of the engine's protocols through all interleavings, or only those of a file (`headroom`)
                  or with a name
  weaken [row…]   weaken the engine's orderings one by one (engine/loom_tests/weakenings.txt) and check that a model fails
                  for each, or only for the rows whose names begin with `row`; takes minutes
  bless [keys]    write the compiler's current messages into ui-tests (then read each one), and the files generated from the
                  table of keys: the README's tables, the schema of breaker-config's file, the fuzzer's words; `keys` writes
                  only the latter
  bench [args…]   compare this project with other circuit breakers; writes benches/results/<processor>.md, and the
                  README's table if other programs had at most 2 % of the machine (nothing with `--quick` or the names of scenarios)
  bench engine [args…]
                  run the engine's own benchmark in breaker-core (e.g. `-- --quick`, `-- rejected`)
  bench clients   compare the guarded clients with the plain ones, and scrape the metrics of 1,000 services
  counts          compare the instructions per call with benches/counts.txt; `--bless` writes that file
  sweep [part…]   count instructions per call under every kind of configuration: none may cost more than 1.5 times the
                  cheapest of its kind, if a slice holds 100 calls of each stripe; or only cases with these words in kind
                  or name
  memcheck        run the engine's tests under valgrind: no invalid memory access, no leak
  load [--quick]  measure what callers get with and without a breaker from a service that fails, hangs and recovers;
                  writes docs/load.md and docs/load.svg (nothing with `--quick`)
  soak [calls]    make a billion calls (or e.g. `1e7`) on 8 threads: every counter is exact, memory does not grow
  outages [--hours N] [--seed N]
                  damage real servers in every way, print what callers saw, and run a storm of all at once (2 minutes; or
                  `--minutes N`, `--seconds N`): circuits open and close, every call is accounted for, nothing leaks
  reload          measure the reload of a configuration file of 200 services, and its effect on callers
  mutants [args…] plant faults one by one and check that the tests detect them; takes hours; passes args to cargo-mutants
                  (`--shard 0/8`, `-f FILE`)
  supply [step…]  before a release: check licences, sources and advisories of all dependencies (installs cargo-deny), and
                  build with the oldest versions that the manifests allow
  semver          before a release: check the public APIs for breaking changes since the last tag (needs
                  cargo-semver-checks)
  fuzz [target] [seconds]
                  try random inputs for the attribute, for durations and for the reference model (`attribute`,
                  `durations`, `sequences`; 600 s each); needs a nightly compiler and cargo-fuzz
  build-cost      measure a cold build of breaker-core, and what the attribute adds to a check";

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

/// Runs a command that is a single step and fails with one message.
fn chore(command: &str, root: &Path, rest: &[String]) -> Result<(), String> {
    match command {
        "api" => api::run(root, rest),
        "arrows" => arrows::run(root),
        "rules" => rules::run(root),
        "loom" => loom::run(root, rest),
        "weaken" => weaken::run(root, rest),
        "bless" => bless(root, rest),
        "bench" => bench(root, rest),
        "counts" => counts::run(root, rest),
        "sweep" => sweep::run(root, rest),
        "fuzz" => fuzz::run(root, rest),
        "semver" => semver::run(root),
        "memcheck" => memcheck::run(root),
        "build-cost" => build_cost::run(root),
        "outages" => outages::run(root, rest),
        "mutants" => mutants::run(root, rest),
        "soak" | "reload" => figures(root, "breaker-benches", command, rest),
        "load" => figures(root, "client-costs", command, rest),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("unknown command `{other}`\n\n{USAGE}")),
    }
}

/// Runs exactly what the steps `ui-tests` and `tests` run, so that they will compare with what is written.
fn bless(root: &Path, args: &[String]) -> Result<(), String> {
    match args {
        [] => test::ui_tests(root).env("TRYBUILD", "overwrite").run()?,
        [keys] if keys == "keys" => {}
        [other, ..] => return Err(format!("unknown argument `{other}` for `bless`; expected `keys`")),
    }
    let documents = ["test", "-p", "breaker-keys", "--test", "documents"];
    Tool::cargo(root, &documents).env("KEYS", "overwrite").run()?;
    let schema = ["test", "-p", "breaker-config", "--features", "schema", "--test", "schema"];
    Tool::cargo(root, &schema).env("SCHEMA", "overwrite").run()
}

fn bench(root: &Path, args: &[String]) -> Result<(), String> {
    // Default features in both: the manual clock and logs would distort the results.
    let (tool, args) = match args.split_first() {
        Some((first, rest)) if first == "engine" => {
            (Tool::cargo(root, &["bench", "-p", "breaker-core", "--bench", "calls"]), rest)
        }
        Some((first, rest)) if first == "clients" => {
            (Tool::cargo(root, &["run", "--release", "-p", "client-costs", "--"]), rest)
        }
        _ => (aligned(root), args),
    };
    args.iter().fold(tool, |tool, arg| tool.arg(arg)).run()
}

/// The comparison, whose functions all begin at a cache line. Otherwise a change anywhere in the program moves the loops
/// of all subjects, and the cheapest of them, which take 2.5 ns, then measure up to 3.
fn aligned(root: &Path) -> Tool {
    let directory = run::target(root).join("bench");
    Tool::cargo(root, &["run", "--release", "-p", "breaker-benches", "--target-dir"])
        .arg(&directory.to_string_lossy())
        .arg("--")
        .env("RUSTFLAGS", "-C llvm-args=-align-all-functions=6")
        .without("CARGO_ENCODED_RUSTFLAGS")
}

/// Runs one of the other programs of the benches.
fn figures(root: &Path, package: &str, program: &str, args: &[String]) -> Result<(), String> {
    let tool = Tool::cargo(root, &["run", "--release", "-p", package, "--bin", program, "--"]);
    args.iter().fold(tool, |tool, arg| tool.arg(arg)).run()
}

/// Uses the manifest directory of compile time; cargo rebuilds a checkout that has moved.
fn workspace_root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.to_path_buf(), Path::to_path_buf)
}
