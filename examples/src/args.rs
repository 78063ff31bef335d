//! The command line.

use std::ffi::OsString;

use crate::real_s3;
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
network. The first build takes minutes: it compiles 210 crates, and SQLite.

  s3         its listener is closed; its open_timeout is edited meanwhile
  database   locked by another connection
  cache      its answers come later than its timeout
  catalog    its files are gone; its probes make calls of the same breaker
  prices     answers 503 while its health check succeeds; open times grow

usage: cargo run [-- [--plain] [servers]]
       cargo run -- --serve [--port N] [servers]

  --plain   print lines for a log (the default if the output is no terminal)
  --serve   serve without traffic and outages until Ctrl-C: routes of the
            review service, /health, /metrics, /breakers
  --port N  the port for --serve (default: a free one)
  --help    print this text

servers, in place of the embedded ones. Their outages are made by a proxy in
front of them:

  --database-url URL
            a PostgreSQL (postgres://…). The drill keeps its reviews in the table
            breaker_drill_review, which it replaces and removes
  --redis-url URL
            a Redis (redis://…). Its keys begin with breaker-drill:
  --s3-endpoint URL
            an S3 server (http://…). Bucket and credentials are AWS_BUCKET,
            AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (default:
            us-east-1) in the environment. The drill keeps its photos below
            breaker-drill/ and removes them. Its client is built only with
            cargo run --features s3

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
            Long("s3-endpoint") => {
                let url = parser.value().and_then(ValueExt::string).map_err(text)?;
                let url = upstream::parse("--s3-endpoint", &url, &["http"])?;
                if let Some(why) = real_s3::UNAVAILABLE {
                    return Err(why.to_owned());
                }
                upstreams.s3 = Some(url);
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
    fn an_s3_server_needs_the_feature() {
        let args = of(&["--s3-endpoint", "http://localhost:9000"]);
        match args {
            Ok(Args::Run { upstreams, .. }) if cfg!(feature = "s3") => {
                assert_eq!(upstreams.s3.expect("it is given").as_str(), "http://localhost:9000/");
            }
            Err(error) if cfg!(not(feature = "s3")) => assert!(error.contains("cargo run --features s3"), "{error}"),
            other => panic!("{other:?}"),
        }
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
            (&["--s3-endpoint", "s3://photos"], "s3://"),
            (&["--s3-endpoint", "https://localhost"], "https://"),
            (&["--s3-endpoint", "localhost:9000"], "localhost://"),
        ] {
            let error = of(args).expect_err("it is wrong");
            assert!(error.contains(word), "{error}");
        }
    }
}
