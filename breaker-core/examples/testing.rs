//! How to test an annotated function: on a clock that only the test moves, half a minute takes no time.
//! `cargo run -p breaker-core --example testing`; in a crate of yours this is a `#[test]`.

use std::error::Error;
use std::time::Duration;

use breaker_core::{Registry, State, circuit_breaker};

#[circuit_breaker(service = "prices", failure_threshold = 2, open_timeout = "30s", map_error = |e| e.to_string())]
fn price(article: Option<u32>) -> Result<u32, String> {
    article.map(|article| article * 2).ok_or_else(|| "no such article".to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    // First of all: before anything asks for a breaker.
    let time = Registry::manual_clock();
    let prices = Registry::global().get("prices").ok_or("`prices` is named by an attribute")?;

    for _ in 0..2 {
        assert_eq!(price(None), Err("no such article".to_owned()));
    }
    assert_eq!(prices.state(), State::Open);
    let rejection = price(Some(21));
    assert_eq!(rejection, Err("circuit breaker `prices` is open: call rejected, retry in 30s".to_owned()));

    time.advance(Duration::from_secs(30));
    assert_eq!(price(Some(21)), Ok(42));
    assert_eq!(prices.state(), State::HalfOpen);
    assert_eq!(price(Some(21)), Ok(42));
    assert_eq!(prices.state(), State::Closed);

    println!("opened, rejected, probed and closed again, without waiting");
    Ok(())
}
