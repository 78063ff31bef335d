//! Threads without an async runtime: plain functions under the attribute, shared by eight threads.

use std::thread;

use breaker_core::{Registry, circuit_breaker};

#[circuit_breaker(service = "ledger", failure_rate = 0.5, map_error = |error| error.to_string())]
fn post(amount: u32) -> Result<u32, String> {
    if amount.is_multiple_of(10) { Err("no such account".to_owned()) } else { Ok(amount) }
}

fn main() {
    let total = thread::scope(|threads| {
        let workers = [0; 8].map(|_| threads.spawn(|| (1..=1_000).filter_map(|amount| post(amount).ok()).count()));
        workers.into_iter().map(|worker| worker.join().expect("no panic")).sum::<usize>()
    });
    let ledger = Registry::global().get("ledger").expect("named by the attribute").metrics();
    println!("{total} posted, {} failures, average {:?}", ledger.failures, ledger.response_time.average);
    assert_eq!((ledger.requests, ledger.successes, ledger.failures), (8_000, 7_200, 800));
}
