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
A review service on SQLite, S3, a cache, files and an HTTP server runs into five
real outages, with a circuit breaker around every call. Its configuration, a
copy of examples/breakers.yaml, is edited meanwhile. Takes about 20 s and needs
neither a server nor a network.

  s3         nobody listens; its open_timeout is edited meanwhile
  database   locked by another connection
  cache      slower than its timeout
  catalog    files are gone; its probes make calls of the same breaker
  prices     answers 503 while its health check stays green; open times grow

usage: cargo run [-- --plain]

  --plain   print lines for a log (also chosen when the output is no terminal)
  --help    print this

Exits with 0 if every breaker opened, probed and closed again, no call was lost,
no caller saw an error, calls inside probes were counted nowhere, the green
check cut no open time short once it had been wrong, the good edit took effect
and the bad one none; with 1 and the reason if not; with 130 if interrupted.";

/// Reads the arguments, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Args, String> {
    let mut plain = false;
    for arg in args {
        match arg.as_str() {
            "--plain" => plain = true,
            "--help" | "-h" => return Ok(Args::Help),
            other => return Err(format!("unknown argument `{other}`: there are `--plain` and `--help`")),
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
    fn anything_else_is_named_in_the_error() {
        assert!(of(&["--plian"]).is_err_and(|message| message.contains("--plian")));
    }
}
