//! Calculation of open times: back-off, maximum and jitter. Also checks of deadlines.

use super::limits::Limits;

/// Whether a deadline has passed. A deadline that saturated at 64 bits never passes.
pub(crate) fn is_over(deadline: u64, now: u64) -> bool {
    deadline != u64::MAX && now >= deadline
}

/// Returns the time until a deadline.
pub(crate) fn left(deadline: u64, now: u64) -> u64 {
    if deadline == u64::MAX { u64::MAX } else { deadline.saturating_sub(now) }
}

/// Returns the open time after this many reopenings: multiplied, limited, and shortened by a random part of the jitter.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a float-to-integer cast saturates, which is what an endless open time asks for"
)]
pub(crate) fn open_time(reopenings: u32, seed: u64, limits: &Limits) -> u64 {
    let grown = if reopenings == 0 || limits.open_timeout_multiplier <= 1.0 {
        limits.open_timeout
    } else {
        let factor = limits.open_timeout_multiplier.powi(i32::try_from(reopenings).unwrap_or(i32::MAX));
        (limits.open_timeout as f64 * factor) as u64
    };
    let bounded = grown.min(limits.open_timeout_max);
    if limits.open_timeout_jitter == 0.0 {
        return bounded;
    }
    let off = limits.open_timeout_jitter * unit_random(seed) * bounded as f64;
    bounded.saturating_sub(off as u64)
}

/// Returns a number in 0..1, well spread for consecutive seeds: the finalizer of the `SplitMix64` generator (Steele,
/// Lea and Flood, 2014). This is good enough for jitter.
#[allow(clippy::cast_precision_loss, reason = "53 bits are kept, which a double holds exactly")]
fn unit_random(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::limits::tests::NONE;

    #[test]
    fn back_off_is_bounded_and_saturates() {
        let limits = Limits { open_timeout_multiplier: 1e300, open_timeout_max: u64::MAX, ..NONE };
        assert_eq!(open_time(9, 0, &limits), u64::MAX);
        assert_eq!(open_time(u32::MAX, 0, &Limits { open_timeout_max: 77, ..limits }), 77);
    }

    #[test]
    fn jitter_only_shortens_and_by_no_more_than_its_share() {
        let limits = Limits { open_timeout: 1_000, open_timeout_max: 1_000, open_timeout_jitter: 0.25, ..NONE };
        let times: Vec<u64> = (0..1_000).map(|seed| open_time(0, seed, &limits)).collect();
        assert!(times.iter().all(|time| (750..=1_000).contains(time)));
        assert!(times.iter().any(|time| *time < 800) && times.iter().any(|time| *time > 950));
    }

    #[test]
    fn the_first_open_time_is_exact_whatever_the_multiplier() {
        // An `f64` can't represent it exactly.
        let limits =
            Limits { open_timeout: (1 << 60) + 1, open_timeout_max: u64::MAX, open_timeout_multiplier: 2.0, ..NONE };
        assert_eq!(open_time(0, 0, &limits), (1 << 60) + 1);
        assert_eq!(open_time(3, 0, &Limits { open_timeout_multiplier: 1.0, ..limits }), (1 << 60) + 1);
    }

    /// The generator's first numbers for seed 0, as published by its authors.
    #[test]
    #[allow(clippy::cast_precision_loss, reason = "53 bits are kept")]
    fn random_numbers_are_those_of_split_mix() {
        let published = [0xe220_a839_7b1d_cdaf_u64, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f];
        for (step, number) in (0_u64..).zip(published) {
            let seed = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(step);
            assert!((unit_random(seed) - (number >> 11) as f64 / (1_u64 << 53) as f64).abs() < f64::EPSILON / 4.0);
        }
    }
}
