//! `cargo xtask outages`: runs the outages of all servers with their output, and the storm for as long as one likes.

use std::path::Path;

use crate::run::Tool;

/// How long the storm is, if nothing else is asked for: 2 minutes.
const SECONDS: f64 = 120.0;
/// The least that the storm accepts.
const LEAST: f64 = 10.0;

pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("the tests of the servers are compiled only on Linux".to_owned());
    }
    let options = Options::read(args)?;
    let test =
        ["test", "-p", "servers", "--all-features", "--test", "outages", "--", "--nocapture", "--test-threads=1"];
    let tool = Tool::cargo(root, &test).env("OUTAGES_SECONDS", &options.seconds.to_string());
    let tool = options.seed.iter().fold(tool, |tool, seed| tool.env("OUTAGES_SEED", seed));
    tool.run()
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    seconds: u64,
    seed: Option<String>,
}

impl Options {
    fn read(args: &[String]) -> Result<Self, String> {
        let (mut seconds, mut seed) = (SECONDS, None);
        let mut args = args.iter();
        while let Some(option) = args.next() {
            let value = args.next().map_or("", String::as_str);
            let number = || value.parse::<f64>().ok().filter(|number| number.is_finite());
            let bad = |what: &str| format!("`{option} {value}`: expected {what}");
            let unit = match option.as_str() {
                "--seconds" => 1.0,
                "--minutes" => 60.0,
                "--hours" => 3600.0,
                "--seed" => {
                    seed = Some(value.parse::<u64>().map_err(|_| bad("a whole number"))?.to_string());
                    continue;
                }
                other => {
                    let known = "--seconds, --minutes, --hours, --seed";
                    return Err(format!("unknown argument `{other}` for `outages`; expected: {known}"));
                }
            };
            seconds = number().map(|number| number * unit).filter(|seconds| *seconds >= LEAST).ok_or_else(|| {
                let least = LEAST / unit;
                bad(&format!("a number of at least {least:.4}"))
            })?;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and it is positive"
        )]
        let seconds = seconds.round() as u64;
        Ok(Self { seconds, seed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_storm_is_as_long_as_asked_for() {
        let of = |seconds, seed: Option<&str>| Ok(Options { seconds, seed: seed.map(str::to_owned) });
        assert_eq!(read(""), of(120, None));
        assert_eq!(read("--hours 1"), of(3600, None));
        assert_eq!(read("--minutes 0.5 --seed 7"), of(30, Some("7")));
        assert_eq!(read("--seconds 10"), of(10, None));
    }

    #[test]
    fn bad_options_say_what_is_allowed() {
        let error = |line| read(line).expect_err("it is refused");
        assert_eq!(error("--hours"), "`--hours `: expected a number of at least 0.0028");
        assert_eq!(error("--minutes x"), "`--minutes x`: expected a number of at least 0.1667");
        assert_eq!(error("--seconds 9"), "`--seconds 9`: expected a number of at least 10.0000");
        assert_eq!(error("--seed -1"), "`--seed -1`: expected a whole number");
        let known = "unknown argument `now` for `outages`; expected: --seconds, --minutes, --hours, --seed";
        assert_eq!(error("now"), known);
    }
}
