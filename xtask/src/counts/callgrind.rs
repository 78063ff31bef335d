//! Runs one path under callgrind and reads its output.

use std::fs;
use std::path::Path;

use crate::run::{Tool, target};

/// glibc selects its `memcpy` by the processor's features. Without these, it selects the one for every `x86_64`. It
/// ignores names that its release doesn't know.
const PLAIN_LIBC: &str = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-AVX512F,-AVX512VL,-ERMS,-FSRM";

#[derive(Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) name: String,
    /// Per call, in the round with the fewest.
    pub(super) instructions: f64,
}

pub(super) fn measure(root: &Path, program: &Path, name: &str) -> Result<Measured, String> {
    let Run { said, rounds } = run(root, program, &[name], name)?;
    read(name, &said, &rounds).map_err(|error| format!("{name}: {error}"))
}

/// What a program printed, and callgrind's output for its rounds.
pub(crate) struct Run {
    said: String,
    rounds: String,
}

impl Run {
    /// The instructions of each round. The last part follows the last round and is empty.
    pub(crate) fn rounds(&self) -> impl Iterator<Item = u64> {
        totals(&self.rounds).filter(|total| *total > 0)
    }
}

fn totals(rounds: &str) -> impl Iterator<Item = u64> {
    rounds.lines().filter_map(|line| line.strip_prefix("totals:")?.trim().parse().ok())
}

/// Runs the program with these arguments. callgrind's output goes to a file of this name.
pub(crate) fn run(root: &Path, program: &Path, args: &[&str], name: &str) -> Result<Run, String> {
    let directory = target(root).join("counts");
    fs::create_dir_all(&directory).map_err(|error| format!("can't make {}: {error}", directory.display()))?;
    let file = format!("{name}.out");
    let out = directory.join(&file);
    // Rounds are appended, so remove those of the last run.
    let _ = fs::remove_file(&out);
    let tool = Tool::new("valgrind", &directory, &["--quiet", "--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=*counted_round*")
        .arg("--toggle-collect=*uncounted_*")
        .arg("--dump-before=*round_over*")
        .arg("--combine-dumps=yes")
        .arg(&format!("--callgrind-out-file={file}"))
        .arg(&program.to_string_lossy());
    let said = args.iter().fold(tool, |tool, arg| tool.arg(arg)).env("GLIBC_TUNABLES", PLAIN_LIBC).output()?;
    let rounds = fs::read_to_string(&out).map_err(|error| format!("can't read {}: {error}", out.display()))?;
    Ok(Run { said, rounds })
}

/// `said` is what the program printed, `rounds` callgrind's output.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn read(name: &str, said: &str, rounds: &str) -> Result<Measured, String> {
    let word = |key: &str| said.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let number =
        |key: &str| word(key).and_then(|word| word.parse::<u32>().ok()).ok_or(format!("no `{key}` was printed"));
    let (warm_up, calls) = (number("warm-up ")?, number("calls ")?);
    let fewest = totals(rounds).skip(warm_up as usize).filter(|total| *total > 0).min();
    let fewest = fewest.ok_or("callgrind has counted no round; is the function still called `counted_round`?")?;
    Ok(Measured { name: name.to_owned(), instructions: fewest as f64 / f64::from(calls) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "warm-up 1\ncalls 10\n";

    fn written(totals: &[u32]) -> String {
        let parts = totals.iter().map(|total| format!("part: 1\nevents: Ir\nfn=(1) x\n3 {total}\ntotals: {total}\n"));
        parts.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_smallest_round_after_the_warm_up_is_taken() {
        let measured = read("closed", SAID, &written(&[5, 480, 455, 470, 0])).expect("it is well-formed");
        assert_eq!(measured, Measured { name: "closed".to_owned(), instructions: 45.5 });
    }

    #[test]
    fn rounds_that_were_not_counted_are_an_error() {
        let error = read("closed", SAID, &written(&[480, 0, 0])).expect_err("only the warm-up has a count");
        assert!(error.contains("counted no round"), "{error}");
    }

    #[test]
    fn what_the_program_has_not_said_is_an_error() {
        let error = read("closed", "warm-up 1\n", &written(&[1, 1])).expect_err("no calls");
        assert_eq!(error, "no `calls ` was printed");
    }
}
