//! The callers: tasks that each send one request after another, and take what they get.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreakerError, Registry, circuit_breaker};
use hdrhistogram::Histogram;
use reqwest::Client;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout_at;

use crate::figures::Round;

pub(crate) const CALLERS: usize = 64;
/// The longest wait for an answer, with and without the breaker.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    Guarded,
}

/// What a caller got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Got {
    Value,
    /// The fallback's value: an older copy.
    Copy,
    Error,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("no answer from the service")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Breaker(#[from] CircuitBreakerError),
}

/// The code of a user without a breaker.
async fn fetch(client: &Client, url: &str) -> Result<Got, FetchError> {
    client.get(url).send().await?.error_for_status()?.text().await?;
    Ok(Got::Value)
}

/// The same with a breaker.
#[circuit_breaker(
    service = "load",
    failure_rate = 0.5,
    minimum_requests = 20,
    window = "2s",
    open_timeout = "200ms",
    fallback = copy
)]
async fn guarded_fetch(client: &Client, url: &str) -> Result<Got, FetchError> {
    fetch(client, url).await
}

fn copy(_: &Client, _: &str, _: FetchError) -> Ready<Result<Got, FetchError>> {
    ready(Ok(Got::Copy))
}

/// Calls for this long, and returns what the callers got. Calls that are still waiting then are not counted.
pub(crate) async fn round(address: SocketAddr, way: Way, length: Duration) -> Result<Round, reqwest::Error> {
    if let Some(breaker) = Registry::global().get("load") {
        breaker.reset();
    }
    // Connections of the round before may wait for answers that never come.
    let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(calls(client.clone(), format!("http://{address}/"), way, start, start + length));
    }
    let mut round = Round::new(length);
    while let Some(joined) = callers.join_next().await {
        round.add(&joined.expect("a caller panics only by a fault of this program"));
    }
    Ok(round)
}

async fn calls(client: Client, url: String, way: Way, start: Instant, end: Instant) -> Round {
    let mut mine = Round::new(end - start);
    loop {
        let began = Instant::now();
        let call = async {
            match way {
                Way::Plain => fetch(&client, &url).await,
                Way::Guarded => guarded_fetch(&client, &url).await,
            }
        };
        let Ok(result) = timeout_at(end.into(), call).await else { return mine };
        let took = began.elapsed();
        match result.unwrap_or(Got::Error) {
            Got::Value => {
                mine.values += 1;
                mine.last_half_values += u64::from(began >= start + (end - start) / 2);
            }
            Got::Copy => mine.copies += 1,
            Got::Error => mine.errors += 1,
        }
        record(&mut mine.latency, took);
        // A rejected call waits for nothing: without this, one caller would keep the thread.
        yield_now().await;
        if Instant::now() >= end {
            return mine;
        }
    }
}

fn record(latency: &mut Histogram<u64>, took: Duration) {
    latency.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
}
