//! Response times as a cumulative histogram.

use std::time::Duration;

/// The bound of the first bucket, 2^14 ns, and of the last one, 2^36 ns, as powers of two.
const FIRST: u32 = 14;
const LAST: u32 = 36;
const COUNT: usize = (LAST - FIRST + 1) as usize;

/// How many calls took at most 2^14 ns (16 µs), 2^15 ns, … 2^36 ns (69 s): cumulative, bounds included, exact. All calls
/// are the [`count`](crate::ResponseTime::count) of the response times.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config};
///
/// let breaker = CircuitBreaker::new("search", Config::default());
/// let _ = breaker.call(|| Ok::<_, String>("found"));
/// let times = breaker.metrics().response_time;
/// for (bound, calls) in times.buckets.iter() {
///     println!("le={} {calls}", bound.as_secs_f64());
/// }
/// println!("le=+Inf {}", times.count);
/// # assert_eq!((times.count, times.buckets.iter().count()), (1, 23));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseTimeBuckets([u64; COUNT]);

impl ResponseTimeBuckets {
    /// From the calls that took at most 2^k ns, for each k in turn.
    pub(super) fn of(at_most: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut calls = [0; COUNT];
        for (k, at_most) in at_most.take_while(|(k, _)| *k <= LAST).filter(|(k, _)| *k >= FIRST) {
            calls[(k - FIRST) as usize] = at_most;
        }
        Self(calls)
    }

    /// Each bound with the calls that took no longer, from the shortest to the longest.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> {
        (FIRST..=LAST).map(|k| Duration::from_nanos(1 << k)).zip(self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ResponseTimeBuckets {
    /// `[{"le": 0.000016384, "count": 3}, …]`, as Prometheus spells a bound.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Bucket {
            le: f64,
            count: u64,
        }
        serializer.collect_seq(self.iter().map(|(bound, count)| Bucket { le: bound.as_secs_f64(), count }))
    }
}
