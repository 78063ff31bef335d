//! `cargo xtask fuzz`: runs the targets of `fuzz/` one after another, each starting from its kept inputs.

use std::fs;
use std::path::Path;

use crate::run::Tool;

const TARGETS: [&str; 3] = ["attribute", "durations", "sequences"];
const SECONDS: &str = "600";

/// Maximum length of an input in bytes. Longer inputs take longer and show nothing new.
const LONGEST: &str = "1500";

pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let (targets, seconds) = read(args)?;
    there(root)?;
    for target in targets {
        println!("\n{target}: {seconds} s");
        let found = root.join(found(target));
        // It doesn't exist in a fresh clone, and the fuzzer doesn't create it.
        fs::create_dir_all(&found).map_err(|error| format!("can't make {}: {error}", found.display()))?;
        target_of(root, target, &seconds).run().map_err(|error| {
            format!(
                "{error}\n       inputs that fail are in fuzz/artifacts/{target}; minimize one with\n       \
                 `cargo +nightly fuzz tmin {target} <file>`, copy it into fuzz/kept/{target}, and fix the bug"
            )
        })?;
    }
    Ok(())
}

/// Reads a target and seconds, in any order. Defaults to all targets and ten minutes.
fn read(args: &[String]) -> Result<(Vec<&'static str>, String), String> {
    let (mut targets, mut seconds) = (Vec::new(), SECONDS.to_owned());
    for arg in args {
        if let Some(target) = TARGETS.into_iter().find(|target| target == arg) {
            targets.push(target);
        } else if arg.parse::<u32>().is_ok_and(|seconds| seconds > 0) {
            seconds.clone_from(arg);
        } else {
            return Err(format!(
                "`{arg}` is neither a target nor a number of seconds; the targets are: {}",
                TARGETS.join(", ")
            ));
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    Ok((targets, seconds))
}

/// The fuzzer instruments the code with flags that only a nightly compiler accepts.
fn nightly(root: &Path, args: &[&str]) -> Tool {
    Tool::new("rustup", root, &[&["run", "nightly", "cargo"], args].concat())
}

fn there(root: &Path) -> Result<(), String> {
    if !nightly(root, &["--version"]).works() {
        return Err("no nightly compiler: `rustup toolchain install nightly --profile minimal`".to_owned());
    }
    if !nightly(root, &["fuzz", "--version"]).works() {
        return Err("no cargo-fuzz: `cargo install --locked cargo-fuzz`".to_owned());
    }
    if !Tool::new("c++", root, &["--version"]).works() {
        return Err("no C++ compiler, for libFuzzer: on Debian `apt-get install g++`".to_owned());
    }
    Ok(())
}

/// Directory of new inputs; not committed.
fn found(target: &str) -> String {
    format!("fuzz/corpus/{target}")
}

/// Without an address sanitizer: our code has no `unsafe` that it could check, and the fuzzer is several times as fast.
fn target_of(root: &Path, target: &str, seconds: &str) -> Tool {
    let (found, kept) = (found(target), format!("fuzz/kept/{target}"));
    let run = nightly(root, &["fuzz", "run", "--sanitizer", "none", target, &found, &kept, "--"])
        .arg(&format!("-max_total_time={seconds}"))
        .arg(&format!("-max_len={LONGEST}"))
        .arg("-print_final_stats=1");
    let dictionary = format!("fuzz/{target}.dict");
    if root.join(&dictionary).exists() { run.arg(&format!("-dict={dictionary}")) } else { run }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn targets_and_seconds_are_told_apart() {
        assert_eq!(read(&[]), Ok((TARGETS.to_vec(), SECONDS.to_owned())));
        assert_eq!(read(&words(&["durations", "5"])), Ok((vec!["durations"], "5".to_owned())));
        assert_eq!(read(&words(&["5"])), Ok((TARGETS.to_vec(), "5".to_owned())));
        let error = read(&words(&["duration"])).expect_err("no such target");
        assert!(error.contains("attribute, durations, sequences"), "{error}");
        assert!(read(&words(&["0"])).is_err());
    }
}
