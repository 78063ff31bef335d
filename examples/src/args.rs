//! The command line.

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Args {
    /// Run the drill; with `plain`, print lines even on a terminal.
    Run {
        /// Lines instead of a screen.
        plain: bool,
    },
    /// Print the usage.
    Help,
}

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
A review service uses SQLite, S3, a cache, files and an HTTP server, each behind
a circuit breaker. Each of them has a real outage. The configuration, a copy of
examples/breakers.yaml, is edited meanwhile. A run takes 20 s and needs no
network. The first build takes minutes: it compiles 150 crates, and SQLite.

  s3         its listener is closed; its open_timeout is edited meanwhile
  database   locked by another connection
  cache      slower than its timeout
  catalog    its files are gone; its probes make calls of the same breaker
  prices     answers 503 while its health check succeeds; open times grow

usage: cargo run [-- --plain]

  --plain   print lines for a log (the default if the output is no terminal)
  --help    print this text

On the live screen, q, Esc and Ctrl-C quit.

Exit codes: 0 if every breaker opened, probed and closed again, no call was
lost, no caller saw an error, calls inside probes were not counted, a health
check that was wrong shortened no open time afterwards, the valid edit was
applied and the invalid one rejected; 1 with the reason if not; 130 if
interrupted.";

/// Reads the arguments, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Args, String> {
    let mut plain = false;
    for arg in args {
        match arg.as_str() {
            "--plain" => plain = true,
            "--help" | "-h" => return Ok(Args::Help),
            other => return Err(format!("unknown argument `{other}`; the arguments are `--plain` and `--help`")),
        }
    }
    Ok(Args::Run { plain })
}

#[cfg(test)]
mod tests {
    use super::{Args, parse};

    fn of(args: &[&str]) -> Result<Args, String> {
        parse(args.iter().map(ToString::to_string))
    }

    #[test]
    fn nothing_means_the_screen() {
        assert_eq!(of(&[]), Ok(Args::Run { plain: false }));
    }

    #[test]
    fn plain_and_help_are_known() {
        assert_eq!(of(&["--plain"]), Ok(Args::Run { plain: true }));
        assert_eq!(of(&["--plain", "-h"]), Ok(Args::Help));
    }

    #[test]
    fn an_unknown_argument_is_named_in_the_error() {
        assert!(of(&["--plian"]).is_err_and(|message| message.contains("--plian")));
    }
}
