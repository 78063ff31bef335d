//! What the guarded clients cost beside the plain ones, and what a scrape of a thousand services costs. Plain and guarded
//! calls alternate in short rounds, so that other load on the machine meets both.
//!
//! `cargo xtask bench clients`

mod aws;
mod compare;
mod objects;
mod redis;
mod scrape;
mod sqlx;

use std::future::ready;
use std::hint::black_box;

use breaker_core::{CircuitBreaker, Config};

use compare::{Costs, compare};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    compare::wait_for_the_clock();
    println!("ns a call, medians of {} rounds each:\n", compare::ROUNDS);
    println!("| client | plain | guarded | more | rejected |\n|---|---|---|---|---|");
    counter();
    alone("the core alone, timed", Config::database()).await;
    let untimed = Config::builder().failure_threshold(5).response_times(false).build()?;
    alone("the core alone, not timed", untimed).await;
    redis::measure().await;
    sqlx::measure().await?;
    objects::measure().await?;
    aws::measure().await;
    println!();
    scrape::measure();
    Ok(())
}

/// Two readings of the processor's counter: what a call with a measured response time can't do without.
fn counter() {
    let clock = quanta::Clock::new();
    let time = compare::median(|| {
        black_box(clock.raw());
        black_box(clock.raw());
    });
    println!("| two readings of the processor's counter | {time:.0} | | | |");
}

/// `call_async` around a future that is ready at once: every guard contains it.
async fn alone(name: &str, config: Config) {
    let breaker = CircuitBreaker::new("alone", config);
    let plain = async || black_box(ready(Ok::<u64, ()>(1)).await).is_ok();
    let guarded = async || black_box(breaker.call_async(ready(Ok::<u64, ()>(1))).await).is_ok();
    compare(name, &breaker, plain, guarded).await.print();
}

impl Costs {
    fn print(&self) {
        let Self { name, plain, guarded, rejected } = self;
        println!("| {name} | {plain:.0} | {guarded:.0} | {:.0} | {rejected:.0} |", guarded - plain);
    }
}
