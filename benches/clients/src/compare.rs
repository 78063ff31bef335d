//! Alternating rounds of plain and guarded calls.

use std::time::Instant;

use breaker_core::{CircuitBreaker, Mode};

pub(crate) const ROUNDS: usize = 41;
const CALLS: u32 = 5_000;

/// Nanoseconds a call.
pub(crate) struct Costs {
    pub(crate) name: String,
    pub(crate) plain: f64,
    pub(crate) guarded: f64,
    pub(crate) rejected: f64,
}

/// Measures both, and the guarded one again while its circuit is forced open. Each returns whether it succeeded.
pub(crate) async fn compare(
    name: &str,
    breaker: &CircuitBreaker,
    mut plain: impl AsyncFnMut() -> bool,
    mut guarded: impl AsyncFnMut() -> bool,
) -> Costs {
    let (mut plainly, mut guardedly, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plainly.push(round(&mut plain, true).await);
        guardedly.push(round(&mut guarded, true).await);
        breaker.set_mode(Mode::ForcedOpen);
        rejected.push(round(&mut guarded, false).await);
        breaker.set_mode(Mode::Automatic);
    }
    let [plain, guarded, rejected] = [plainly, guardedly, rejected].map(middle);
    Costs { name: name.to_owned(), plain, guarded, rejected }
}

async fn round(call: &mut impl AsyncFnMut() -> bool, succeeds: bool) -> f64 {
    let mut successes = 0;
    let start = Instant::now();
    for _ in 0..CALLS {
        successes += u32::from(call().await);
    }
    let took = start.elapsed();
    assert_eq!(successes, if succeeds { CALLS } else { 0 }, "every call must take the path that is measured");
    took.as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// Returns the nanoseconds of one run.
pub(crate) fn median(mut run: impl FnMut()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| run());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    });
    middle(rounds.collect())
}

fn middle(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// Waits until breaker-core's clock is calibrated: until then it reads a slower clock.
pub(crate) fn wait_for_the_clock() {
    drop(CircuitBreaker::new("clock", breaker_core::Config::default()));
    std::thread::sleep(std::time::Duration::from_secs(1));
}
