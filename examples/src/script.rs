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

/// The outages, in the order of the screen. The first three come one after another, with time after each to probe (at most
/// `open_timeout`, 1 s) and to recover; the others beside them. That of the prices is long enough for some open periods.
pub(crate) const OUTAGES: [Outage; Dependency::ALL.len()] = [
    Outage { target: Dependency::S3, from: Duration::from_secs(2), until: Duration::from_millis(5_300) },
    Outage { target: Dependency::Database, from: Duration::from_millis(7_500), until: Duration::from_millis(10_800) },
    Outage { target: Dependency::Cache, from: Duration::from_secs(13), until: Duration::from_millis(16_300) },
    Outage { target: Dependency::Catalog, from: Duration::from_secs(14), until: Duration::from_secs(17) },
    Outage { target: Dependency::Prices, from: Duration::from_secs(1), until: Duration::from_millis(6_500) },
];

/// The edits of the configuration file: the valid one during the outage of `s3`, the others between outages.
pub(crate) const EDITS: [(Duration, Edit); 3] = [
    (Duration::from_millis(2_300), Edit::ShorterOpenTimeout),
    (Duration::from_secs(6), Edit::Typo),
    (Duration::from_millis(11_500), Edit::Correction),
];

/// What is broken at `now`.
pub(crate) fn outages_at(now: Duration) -> impl Iterator<Item = Outage> {
    OUTAGES.into_iter().filter(move |outage| outage.from <= now && now < outage.until)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LENGTH, OUTAGES, outages_at};
    use crate::dependency::Dependency;

    #[test]
    fn outages_come_one_after_another_with_time_to_recover() {
        let mut quiet_since = Duration::ZERO;
        for outage in &OUTAGES[..3] {
            assert!(outage.from >= quiet_since + Duration::from_millis(1_500));
            assert!(outage.until >= outage.from + Duration::from_secs(3));
            quiet_since = outage.until;
        }
        assert!(OUTAGES.iter().all(|outage| LENGTH >= outage.until + Duration::from_secs(3)));
    }

    #[test]
    fn at_most_two_outages_overlap() {
        let tenths = (0..).map(|tenth| Duration::from_millis(tenth * 100)).take_while(|now| *now < LENGTH);
        assert!(tenths.into_iter().all(|now| outages_at(now).count() <= 2));
    }

    #[test]
    fn each_dependency_breaks_once() {
        assert_eq!(OUTAGES.map(|outage| outage.target), Dependency::ALL);
    }

    #[test]
    fn an_outage_ends_at_its_end() {
        let at = |now| outages_at(now).collect::<Vec<_>>();
        assert_eq!(at(Duration::ZERO), []);
        assert_eq!(at(OUTAGES[1].from), [OUTAGES[1]]);
        assert_eq!(at(OUTAGES[1].until), []);
    }
}
