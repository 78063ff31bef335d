//! The log of metrics: one line for each service every `metrics_log_interval`.

use std::time::Duration;

use super::Registry;
use crate::by_name::ByName;
use crate::clock::nanos;
use crate::log;
use crate::timer::wait;

/// Runs until it is aborted.
pub(super) async fn run(registry: Registry) {
    let clock = &registry.0.clock;
    let mut events = registry.subscribe();
    let mut schedule = Schedule::new(clock.now());
    // By how much tokio's time is ahead of the clock: a timer fires by either.
    let mut ahead = 0_u64;
    loop {
        let breakers = registry.breakers();
        let intervals = breakers.iter().map(|breaker| (breaker.service(), breaker.config().metrics_log_interval()));
        let (due, next) = schedule.look(clock.now().saturating_add(ahead), intervals);
        let due: Vec<_> = due.into_iter().map(|place| &breakers[place]).collect();
        for breaker in &due {
            log::metrics(&breaker.metrics());
        }
        registry.tell_of_missing_checks(&due);
        // If the next moment has passed already, or is at the end of the clock's range, waiting for it does not suspend
        // the task. Without this yield, the task could not be aborted then.
        tokio::task::yield_now().await;
        if wait::moment(clock, next.saturating_sub(ahead), &mut events).await {
            ahead = ahead.max(next.saturating_sub(clock.now()));
        }
    }
}

/// When each service was logged last.
struct Schedule {
    looked: u64,
    last: ByName<&'static str, u64>,
}

impl Schedule {
    /// The shortest interval: shorter ones would log without pause.
    const SHORTEST: Duration = Duration::from_millis(1);
    /// The longest pause, within which services created meanwhile are found: there is no notification of them.
    const LONGEST: Duration = Duration::from_secs(60);

    fn new(now: u64) -> Self {
        Self { looked: now, last: ByName::default() }
    }

    /// Returns the services that are due, as positions in the list, and when to look again. The interval of a new
    /// service starts at the previous look, so that its first line is early rather than late.
    fn look(&mut self, now: u64, services: impl Iterator<Item = (&'static str, Duration)>) -> (Vec<usize>, u64) {
        let mut due = Vec::new();
        let mut next = now.saturating_add(nanos(Self::LONGEST));
        for (place, (service, interval)) in services.enumerate() {
            let interval = nanos(interval.max(Self::SHORTEST));
            let last = self.last.get_or_insert(service, || self.looked);
            if now.saturating_sub(*last) >= interval {
                due.push(place);
                *last = now;
            }
            next = next.min(last.saturating_add(interval));
        }
        self.looked = now;
        (due, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const MINUTE: u64 = 60 * SECOND;

    /// Looks at services whose intervals are given in nanoseconds.
    fn look(schedule: &mut Schedule, now: u64, services: &[(&'static str, u64)]) -> (Vec<usize>, u64) {
        schedule.look(now, services.iter().map(|(service, interval)| (*service, Duration::from_nanos(*interval))))
    }

    #[test]
    fn each_is_due_when_its_own_interval_has_passed() {
        let services = [("a", 2 * SECOND), ("b", 3 * SECOND)];
        let mut schedule = Schedule::new(0);
        assert_eq!(look(&mut schedule, 0, &services), (vec![], 2 * SECOND));
        assert_eq!(look(&mut schedule, 2 * SECOND - 1, &services), (vec![], 2 * SECOND));
        assert_eq!(look(&mut schedule, 2 * SECOND, &services), (vec![0], 3 * SECOND));
        assert_eq!(look(&mut schedule, 3 * SECOND, &services), (vec![1], 4 * SECOND));
        assert_eq!(
            look(&mut schedule, 9 * SECOND, &services),
            (vec![0, 1], 11 * SECOND),
            "one line for all missed intervals"
        );
    }

    #[test]
    fn a_new_interval_counts_from_the_last_line() {
        let mut schedule = Schedule::new(0);
        assert_eq!(look(&mut schedule, 10 * SECOND, &[("a", 10 * SECOND)]), (vec![0], 20 * SECOND));
        assert_eq!(look(&mut schedule, 15 * SECOND, &[("a", 30 * SECOND)]), (vec![], 40 * SECOND));
        assert_eq!(look(&mut schedule, 15 * SECOND, &[("a", 4 * SECOND)]), (vec![0], 19 * SECOND));
    }

    #[test]
    fn a_new_service_is_seen_within_a_minute_and_counts_from_the_look_before() {
        let mut schedule = Schedule::new(SECOND);
        assert_eq!(look(&mut schedule, SECOND, &[]), (vec![], SECOND + MINUTE));
        let services = [("a", MINUTE), ("b", MINUTE + SECOND), ("c", u64::MAX)];
        assert_eq!(look(&mut schedule, SECOND + MINUTE, &services), (vec![0], 2 * SECOND + MINUTE));
        assert_eq!(look(&mut schedule, 2 * SECOND + MINUTE, &services), (vec![1], SECOND + 2 * MINUTE));
        assert_eq!(look(&mut Schedule::new(SECOND), SECOND, &services[2..]), (vec![], SECOND + MINUTE));
    }

    #[test]
    fn the_next_look_is_never_now() {
        let mut schedule = Schedule::new(0);
        assert_eq!(look(&mut schedule, 0, &[("a", 1)]), (vec![], 1_000_000));
        assert_eq!(look(&mut schedule, 1_000_000, &[("a", 1)]), (vec![0], 2_000_000));
    }

    #[test]
    fn a_clock_that_goes_back_or_ends_makes_nothing_due() {
        let mut schedule = Schedule::new(0);
        assert_eq!(look(&mut schedule, MINUTE, &[("a", SECOND)]), (vec![0], MINUTE + SECOND));
        assert_eq!(look(&mut schedule, 0, &[("a", SECOND)]), (vec![], MINUTE));
        assert_eq!(look(&mut schedule, u64::MAX, &[("a", SECOND)]), (vec![0], u64::MAX));
        assert_eq!(look(&mut schedule, u64::MAX, &[("a", SECOND)]), (vec![], u64::MAX));
    }
}
