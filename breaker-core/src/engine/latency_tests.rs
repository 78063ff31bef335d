use super::*;

#[test]
fn every_percentile_is_within_five_percent() {
    let mut nanos = 64_u64;
    while nanos <= LONGEST {
        let value = middle(index(nanos));
        let error = value.abs_diff(nanos) * 1_000 / nanos;
        assert!(error <= 50, "{nanos} ns is read as {value} ns");
        nanos += 1 + nanos / 97;
    }
}

#[test]
fn a_percentile_beyond_the_last_octave_is_the_maximum() {
    let (latency, spill) = (Latency::new(), Spill::default());
    for nanos in [LONGEST, LONGEST + 1, 5 * LONGEST, 3 * LONGEST] {
        latency.record(Writer::Sole, nanos, &spill);
    }
    let all = Distribution::collect(std::iter::once(&latency), &spill);
    let inside = all.quantile(0.25).expect("measured");
    assert!(inside.abs_diff(LONGEST) * 1_000 / LONGEST <= 50, "{inside}");
    assert_eq!([0.5, 0.75, 0.99].map(|share| all.quantile(share)), [Some(5 * LONGEST); 3]);
}

#[test]
fn every_time_is_within_the_bounds_of_its_bucket() {
    for bucket in 0..BUCKETS {
        let (from, to) = bounds(bucket);
        assert_eq!((index(from), index(to - 1)), (bucket, bucket));
        assert_eq!(index(to), (bucket + 1).min(BUCKETS - 1));
    }
}

#[test]
fn a_power_of_two_is_the_end_of_its_bucket() {
    let (latency, spill) = (Latency::new(), Spill::default());
    for k in 14..=36 {
        for nanos in [(1 << k) - 1, 1 << k, (1 << k) + 1] {
            latency.record(Writer::Sole, nanos, &spill);
        }
    }
    let all = Distribution::collect(std::iter::once(&latency), &spill);
    for k in 14..=36 {
        assert_eq!(all.at_most(k), u64::from(3 * (k - 14) + 2), "at most 2^{k} ns");
    }
    assert_eq!(all.count, 3 * 23);
}

#[test]
fn the_last_bucket_is_remembered_and_left() {
    let (latency, spill) = (Latency::new(), Spill::default());
    let writer = Writer::Sole;
    for nanos in [1_000, 1_001, 5_000_000, 1_000, 0, 1_000] {
        latency.record(writer, nanos, &spill);
    }
    assert_eq!(latency.buckets[index(1_000)].load(Ordering::Relaxed), 4);
    assert_eq!(Distribution::collect(std::iter::once(&latency), &spill).count, 6);
}

#[test]
fn the_extremes_fall_into_the_first_and_last_bucket() {
    assert_eq!(index(0), 0);
    assert_eq!(index(64), 0);
    assert_eq!(index(u64::MAX), BUCKETS - 1);
}

#[test]
fn the_remembered_bucket_ends_where_the_next_one_begins() {
    for bucket in 0..BUCKETS {
        let (latency, spill, (from, to)) = (Latency::new(), Spill::default(), bounds(bucket));
        for nanos in [from, to - 1] {
            latency.record(Writer::Sole, nanos, &spill);
        }
        let remembered = [from, to - 1, to].map(|nanos| latency.last.index(nanos));
        assert_eq!(remembered, [Some(bucket), Some(bucket), None], "bucket {bucket}");
    }
    assert_eq!(bounds(BUCKETS - 1).1, u64::MAX, "the last bucket has no upper bound");
}

#[test]
fn a_new_shortest_or_longest_time_is_outside_the_remembered_range() {
    let (latency, spill) = (Latency::new(), Spill::default());
    let (from, to) = bounds(index(1_000));
    assert!(from < 990 && to > 1_010, "all of these are in one bucket");
    let extremes = || {
        let all = Distribution::collect(std::iter::once(&latency), &spill);
        (all.count, all.sum, all.min, all.max)
    };
    let expected = [(1, 1_000, 1_000, 1_000), (2, 1_990, 990, 1_000), (3, 3_000, 990, 1_010), (4, 4_000, 990, 1_010)];
    for (nanos, expected) in [1_000, 990, 1_010, 1_000].into_iter().zip(expected) {
        latency.record(Writer::Sole, nanos, &spill);
        assert_eq!(extremes(), expected, "after {nanos} ns");
    }
}

#[test]
fn a_sum_that_would_overflow_stays_at_its_maximum() {
    for writer in [Writer::Sole, Writer::Shared] {
        let (latency, spill) = (Latency::new(), Spill::default());
        latency.record(writer, 7, &spill);
        latency.sum.store(u64::MAX - 3, Ordering::Relaxed);
        latency.record(writer, 7, &spill);
        let all = Distribution::collect(std::iter::once(&latency), &spill);
        assert_eq!((all.count, all.sum), (2, u64::MAX));
    }
}

#[test]
#[cfg(feature = "test-util")]
fn extremes_that_a_reset_has_missed_are_those_of_the_buckets() {
    let (latency, spill) = (Latency::new(), Spill::default());
    let read = || Distribution::collect(std::iter::once(&latency), &spill);
    latency.record(Writer::Sole, 990, &spill);
    latency.record(Writer::Sole, 1_010, &spill);
    let then = read();
    let span = latency.last.span.load(Ordering::Relaxed);
    latency.restart_extremes();
    // The stripe's thread stores its range after the reset.
    latency.last.span.store(span, Ordering::Relaxed);
    latency.record(Writer::Sole, 1_000, &spill);
    let mut since = read();
    since.subtract(&then);
    let (from, to) = bounds(index(1_000));
    assert_eq!((since.count, since.min, since.max), (1, from, to - 1));
}

#[test]
fn a_bucket_that_overflows_spills_and_loses_nothing() {
    for writer in [Writer::Sole, Writer::Shared] {
        let (latency, spill) = (Latency::new(), Spill::default());
        let bucket = &latency.buckets[index(1_000)];
        bucket.store(SPILL_AT - 1, Ordering::Relaxed);
        latency.record(writer, 1_000, &spill);
        assert_eq!(bucket.load(Ordering::Relaxed), 0, "{writer:?}: emptied by the call that fills it");
        latency.record(writer, 1_000, &spill);
        assert_eq!(bucket.load(Ordering::Relaxed), 1);
        let all = Distribution::collect(std::iter::once(&latency), &spill);
        assert_eq!(all.count, u64::from(SPILL_AT) + 1);
        assert_eq!(all.quantile(0.5), Some(1_000));
    }
}

#[test]
fn nothing_measured_has_no_percentile() {
    let all = Distribution::collect(std::iter::empty(), &Spill::default());
    assert_eq!(all.quantile(0.99), None);
}
