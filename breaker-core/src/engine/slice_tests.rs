use super::*;

fn starting(nanos: u64, now: u64, version: u64) -> Geometry {
    Geometry::starting(WindowLength::Time(nanos), now, version)
}

const YEAR: u128 = 365 * 24 * 3_600 * 1_000_000_000;

#[test]
fn an_event_has_left_at_its_time_plus_the_length_and_at_most_a_slice_earlier() {
    for length in [17, 100, 1_000_003, 60_000_000_000, u64::MAX / 3] {
        let geometry = starting(length, 0, 1);
        for start in [0, 1, length / 7, length / 2, length - 1, length] {
            let there = |now| geometry.slice_at(now).holds(geometry.slice_at(start));
            let slice = length / SLICES as u64 + 1;
            assert!(!there(start.saturating_add(length)), "{length}: {start} has left");
            assert!(there(start + length - slice - 1), "{length}: {start} is still there");
        }
    }
}

#[test]
fn a_new_window_is_known_from_the_ones_before() {
    use crate::engine::split::Found;
    let lengths = [10, 1_000, 1_000_000, u64::MAX];
    for (version, (old, new)) in (0..8).flat_map(|v| lengths.map(|old| lengths.map(|new| (v, (old, new)))).concat()) {
        let before = starting(old, 0, version);
        let after = starting(new, 5_000, version + 1).slice_at(5_000);
        for now in [0, 5_000, 1_000_000] {
            let word = before.slice_at(now).turn().with(1);
            assert_eq!(after.turn().other(word), Found::OtherWindow, "{old} to {new}");
        }
        assert_ne!(after.whole(), before.slice_at(5_000).whole(), "the whole number differs, for headroom");
    }
}

#[test]
fn no_slice_comes_back_within_a_hundred_years_for_any_window_of_ten_milliseconds_or_more() {
    for length in [10_000_000, 60_000_000_000, 600_000_000_000, 86_400_000_000_000, u64::MAX / 2] {
        let split = starting(length, 0, 1).slice_at(0).split;
        // A cell stores its turn below the epoch, headroom the whole number.
        let numbers = (u128::from(u64::MAX) + 1) / (u128::from(split.max()) + 1);
        let slice = u128::from(length / SLICES as u64);
        assert!((numbers * slice).min(numbers / 4 * u128::from(length)) > 100 * YEAR, "W7: {length}");
        assert!(split.max() >= length / SLICES as u64 || split.max() >> 47 > 0, "fits a call each nanosecond");
    }
}

#[test]
fn the_shortest_window_is_16_slices_of_a_nanosecond() {
    let shortest = starting(SLICES as u64 + 1, 0, 1);
    for length in [0, 1, SLICES as u64] {
        assert_eq!(starting(length, 0, 1), shortest);
    }
    assert_ne!(starting(SLICES as u64 + 2, 0, 1), shortest);
}

#[test]
fn the_remembered_slice_ends_where_the_next_one_begins() {
    let (geometry, present) = (starting(1_003, 777, 1), PresentSlice::default());
    let (word, other) = (Word::from_bits(3), Word::from_bits(7));
    let slice = present.enter(2_000, geometry, word, true);
    assert_eq!(slice, geometry.slice_at(2_000));
    let (from, to) = (geometry.start_of(slice), geometry.start_of(slice.next()));
    assert_eq!(geometry.end_of(slice), to - 1);
    for now in [from, to - 1] {
        assert_eq!(present.get(now, word), Some(slice));
        assert_eq!(present.get(now, other), None, "another word");
    }
    for now in [from - 1, to] {
        assert_eq!(present.get(now, word), None);
    }
}

#[test]
fn a_thread_whose_clock_goes_back_stays_in_its_slice() {
    let (geometry, present) = (starting(1_003, 777, 1), PresentSlice::default());
    let word = Word::from_bits(3);
    let slice = present.enter(2_000, geometry, word, true);
    assert_eq!(present.enter(1_990, geometry, word, true), geometry.slice_at(2_000), "the same slice");
    assert_eq!(present.enter(1_500, geometry, word, true), slice);
    let next = present.enter(2_100, geometry, word, true);
    assert!(next.number > slice.number);
    let anew = starting(1_003, 2_100, 2);
    assert_eq!(present.enter(800, anew, word, false), anew.slice_at(800), "a new window");
}

#[test]
fn the_start_of_a_slice_is_its_first_nanosecond() {
    let geometry = starting(1_003, 777, 1);
    for now in 800..3_000 {
        let start = geometry.start_of(geometry.slice_at(now));
        assert!(start <= now);
        assert_eq!(geometry.slice_at(start), geometry.slice_at(now));
        assert!(start == 0 || geometry.slice_at(start - 1) != geometry.slice_at(now));
    }
}
