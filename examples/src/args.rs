//! The command line.

use std::ffi::OsString;

use crate::upstream::{self, Upstreams};

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Args {
    /// Run the drill; with `plain`, print lines even on a terminal.
    Run {
        /// Lines instead of a screen.
        plain: bool,
        upstreams: Upstreams,
    },
    /// Serve until Ctrl-C, without traffic and outages.
    Serve {
        /// The port; 0 for a free one.
        port: u16,
        upstreams: Upstreams,
    },
    /// Print the usage.
    Help,
}

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
A review service on a loopback port uses SQLite, S3, Redis, files and an HTTP
server, each behind a circuit breaker. Visitors send it requests over HTTP, and
each of the five has a real outage. The configuration, a copy of
examples/breakers.yaml, is edited meanwhile. A run takes 20 s and needs no
network. The first build takes minutes: it compiles 200 crates, and SQLite.

  s3         its listener is closed; its open_timeout is edited meanwhile
  database   locked by another connection
  cache      its answers come later than its timeout
  catalog    its files are gone; its probes make calls of the same breaker
  prices     answers 503 while its health check succeeds; open times grow

usage: cargo run [-- [--plain] [--database-url URL] [--redis-url URL]]
       cargo run -- --serve [--port N] [--database-url URL] [--redis-url URL]

  --plain   print lines for a log (the default if the output is no terminal)
  --serve   serve without traffic and outages until Ctrl-C: routes of the
            review service, /health, /metrics, /breakers
  --port N  the port for --serve (default: a free one)
  --database-url URL, --redis-url URL
            use this PostgreSQL (postgres://…), this Redis (redis://…) instead of
            the embedded ones. Their outages are made by a proxy in front of them.
            The drill keeps its reviews in the table breaker_drill_review, which it
            replaces and removes, and keys that begin with breaker-drill:
  --help    print this text

On the live screen, q, Esc and Ctrl-C quit.

Exit codes: 0 if every breaker opened, probed and closed again, no call was
lost, no caller saw an error, /health followed each outage, clients of routes
without a fallback were rejected with Retry-After, calls inside probes were not
counted, a health check that was wrong shortened no open time afterwards, the
valid edit was applied and the invalid one rejected; 1 with the reason if not;
130 if interrupted.";

/// Reads the arguments; the first is the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Args, String> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_iter(args);
    let (mut plain, mut serve, mut port, mut upstreams) = (false, false, None, Upstreams::default());
    let text = |error: lexopt::Error| error.to_string();
    while let Some(arg) = parser.next().map_err(text)? {
        match arg {
            Long("plain") => plain = true,
            Long("serve") => serve = true,
            Long("port") => port = Some(parser.value().and_then(|value| value.parse()).map_err(text)?),
            Long("database-url") => {
                let url = parser.value().and_then(ValueExt::string).map_err(text)?;
                upstreams.database = Some(upstream::parse("--database-url", &url, &["postgres", "postgresql"])?);
            }
            Long("redis-url") => {
                let url = parser.value().and_then(ValueExt::string).map_err(text)?;
                upstreams.redis = Some(upstream::parse("--redis-url", &url, &["redis"])?);
            }
            Long("help") | Short('h') => return Ok(Args::Help),
            other => {
                let error = other.unexpected();
                return Err(format!("{error}; --help lists the arguments"));
            }
        }
    }
    match (serve, plain, port) {
        (false, _, Some(_)) => Err("--port is only for --serve".to_owned()),
        (true, true, _) => Err("--serve prints lines already: leave --plain out".to_owned()),
        (true, false, port) => Ok(Args::Serve { port: port.unwrap_or(0), upstreams }),
        (false, plain, None) => Ok(Args::Run { plain, upstreams }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, Upstreams, parse};

    fn of(args: &[&str]) -> Result<Args, String> {
        parse(["drill"].iter().chain(args))
    }

    fn run(plain: bool) -> Args {
        Args::Run { plain, upstreams: Upstreams::default() }
    }

    fn serve(port: u16) -> Args {
        Args::Serve { port, upstreams: Upstreams::default() }
    }

    #[test]
    fn nothing_means_the_screen() {
        assert_eq!(of(&[]), Ok(run(false)));
    }

    #[test]
    fn each_argument_is_known() {
        assert_eq!(of(&["--plain"]), Ok(run(true)));
        assert_eq!(of(&["--serve"]), Ok(serve(0)));
        assert_eq!(of(&["--serve", "--port", "8080"]), Ok(serve(8080)));
        assert_eq!(of(&["--port=8080", "--serve"]), Ok(serve(8080)));
        assert_eq!(of(&["--plain", "-h"]), Ok(Args::Help));
        let urls = ["--database-url", "postgresql://db/shop", "--redis-url=redis://cache/1"];
        let Ok(Args::Run { upstreams, .. }) = of(&urls) else { panic!("the drill") };
        let [database, redis] = [upstreams.database, upstreams.redis].map(|url| url.expect("it is given").to_string());
        assert_eq!([database.as_str(), &redis], ["postgresql://db/shop", "redis://cache/1"]);
    }

    #[test]
    fn a_wrong_argument_is_named_in_the_error() {
        for (args, word) in [
            (&["--plian"][..], "--plian"),
            (&["--serve", "--port", "http"], "http"),
            (&["--serve", "--port", "65536"], "65536"),
            (&["--port", "80"], "--serve"),
            (&["--serve", "--plain"], "--plain"),
            (&["80"], "80"),
            (&["--redis-url"], "--redis-url"),
            (&["--redis-url", "rediss://cache"], "rediss://"),
            (&["--database-url", "mysql://db"], "mysql://"),
        ] {
            let error = of(args).expect_err("it is wrong");
            assert!(error.contains(word), "{error}");
        }
    }
}
