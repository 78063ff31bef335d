//! Response times as a cumulative histogram.

use std::time::Duration;

/// Bounds of the first bucket (2^14 ns) and the last (2^36 ns), as exponents of two.
const FIRST: u32 = 14;
const LAST: u32 = 36;
const COUNT: usize = (LAST - FIRST + 1) as usize;

/// Cumulative histogram of response times: calls that took at most 2^14 ns (16 µs), 2^15 ns, … 2^36 ns (69 s). Bounds
/// are inclusive, and counts are exact. The bucket for +Inf is [`ResponseTime::count`](crate::ResponseTime::count).
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
    /// Creates the buckets from a function that returns how many calls took at most 2^k ns.
    pub(super) fn of(at_most: impl Fn(u32) -> u64) -> Self {
        let mut calls = [0; COUNT];
        for (calls, k) in calls.iter_mut().zip(FIRST..) {
            *calls = at_most(k);
        }
        Self(calls)
    }

    /// Returns each bound with the number of calls that took at most this long, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> {
        (FIRST..=LAST).map(|k| Duration::from_nanos(1 << k)).zip(self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ResponseTimeBuckets {
    /// Serializes as `[{"le": 0.000016384, "count": 3}, …]`; `le` is Prometheus's name for an upper bound in seconds.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Bucket {
            le: f64,
            count: u64,
        }
        serializer.collect_seq(self.iter().map(|(bound, count)| Bucket { le: bound.as_secs_f64(), count }))
    }
}
