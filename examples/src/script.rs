//! The timeline: what breaks when, and for how long.

use std::time::Duration;

use crate::dependency::Dependency;
use crate::edits::Edit;

/// How long the drill lasts.
pub(crate) const LENGTH: Duration = Duration::from_secs(20);

/// One dependency is away from `from` until `until`, counted from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outage {
    pub(crate) target: Dependency,
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

/// The outages, in order. After each there is time to probe (at most `open_timeout`, 1 s) and to recover.
pub(crate) const OUTAGES: [Outage; Dependency::ALL.len()] = [
    Outage { target: Dependency::S3, from: Duration::from_secs(2), until: Duration::from_millis(5_300) },
    Outage { target: Dependency::Database, from: Duration::from_millis(7_500), until: Duration::from_millis(10_800) },
    Outage { target: Dependency::Cache, from: Duration::from_secs(13), until: Duration::from_millis(16_300) },
];

/// The edits of the configuration file: the good one in the middle of the outage of `s3`, the others in quiet times.
pub(crate) const EDITS: [(Duration, Edit); 3] = [
    (Duration::from_millis(2_300), Edit::Impatience),
    (Duration::from_secs(6), Edit::Slip),
    (Duration::from_millis(11_500), Edit::Repair),
];

/// What is broken at `now`.
pub(crate) fn outage_at(now: Duration) -> Option<Outage> {
    OUTAGES.into_iter().find(|outage| outage.from <= now && now < outage.until)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LENGTH, OUTAGES, outage_at};
    use crate::dependency::Dependency;

    #[test]
    fn outages_come_one_after_another_with_time_to_recover() {
        let mut quiet_since = Duration::ZERO;
        for outage in OUTAGES {
            assert!(outage.from >= quiet_since + Duration::from_millis(1_500));
            assert!(outage.until >= outage.from + Duration::from_secs(3));
            quiet_since = outage.until;
        }
        assert!(LENGTH >= quiet_since + Duration::from_secs(3));
    }

    #[test]
    fn each_dependency_breaks_once() {
        assert_eq!(OUTAGES.map(|outage| outage.target), Dependency::ALL);
    }

    #[test]
    fn an_outage_ends_at_its_end() {
        assert_eq!(outage_at(Duration::ZERO), None);
        assert_eq!(outage_at(OUTAGES[0].from), Some(OUTAGES[0]));
        assert_eq!(outage_at(OUTAGES[0].until), None);
    }
}
