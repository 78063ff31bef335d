//! How long the storm is, and its seed.

use std::time::{Duration, SystemTime};

/// Set by `cargo xtask outages`; without it, the storm is as short as the tests of a change need.
const SECONDS: &str = "OUTAGES_SECONDS";
const SEED: &str = "OUTAGES_SEED";
const SHORT: Duration = Duration::from_secs(20);
/// The longest time between two measurements.
const ROUND: Duration = Duration::from_secs(300);

pub(super) struct Plan {
    pub(super) length: Duration,
    pub(super) seed: u64,
}

impl Plan {
    pub(super) fn read() -> Self {
        let length = number(SECONDS).map_or(SHORT, Duration::from_secs);
        assert!(length >= Duration::from_secs(10), "{SECONDS} must be at least 10");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { length, seed: number(SEED).unwrap_or(now.as_secs()) }
    }

    /// The rounds. Resources are measured after each. The first one is the warm-up: a quarter of the time, at most a
    /// minute.
    pub(super) fn rounds(&self) -> Vec<Duration> {
        let first = (self.length / 4).min(Duration::from_secs(60));
        let mut rounds = vec![first];
        let mut left = self.length.saturating_sub(first);
        while !left.is_zero() {
            // No short rest.
            let next = if left < 2 * ROUND && left > ROUND { left / 2 } else { left.min(ROUND) };
            rounds.push(next);
            left = left.saturating_sub(next);
        }
        rounds
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}=`{text}`: expected a whole number")))
}

#[test]
fn rounds_fill_the_time() {
    for (seconds, expected) in [
        (20, vec![5, 15]),
        (120, vec![30, 90]),
        (600, vec![60, 270, 270]),
        (3600, vec![60, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 270, 270]),
    ] {
        let plan = Plan { length: Duration::from_secs(seconds), seed: 0 };
        let rounds: Vec<u64> = plan.rounds().iter().map(Duration::as_secs).collect();
        assert_eq!((rounds.iter().sum::<u64>(), rounds), (seconds, expected));
    }
}
