//! A service's states over time, as a strip of cells. Pure.

use std::time::Duration;

use breaker_core::State;

/// The letter of a state.
pub(crate) fn letter(state: State) -> char {
    match state {
        State::Closed => 'C',
        State::Open => 'O',
        State::HalfOpen => 'H',
    }
}

/// Divides `length` into `width` cells and returns, for each that has begun by `now`, the state that held longest in it.
/// `history` holds the transitions in the order of their times, after an initial `Closed`.
pub(crate) fn cells(history: &[(Duration, State)], now: Duration, length: Duration, width: usize) -> Vec<State> {
    let cell = |cell| (share(cell, width, length), share(cell + 1, width, length));
    let begun = (0..width).map(cell).take_while(|(start, _)| *start <= now);
    begun.map(|(start, end)| longest(history, start, end.min(now))).collect()
}

/// The state that held longest between `start` and `end`; of equal ones, the first.
fn longest(history: &[(Duration, State)], start: Duration, end: Duration) -> State {
    let earlier = history.partition_point(|(at, _)| *at <= start);
    let before = history[..earlier].last().map_or(State::Closed, |(_, state)| *state);
    let within = history[earlier..].iter().take_while(|(at, _)| *at < end);
    let mut held: Vec<(State, Duration)> = Vec::new();
    let (mut state, mut since) = (before, start);
    for (at, next) in within.copied().chain([(end, before)]) {
        let time = at.saturating_sub(since);
        match held.iter_mut().find(|(one, _)| *one == state) {
            Some((_, sum)) => *sum += time,
            None => held.push((state, time)),
        }
        (state, since) = (next, at);
    }
    held.into_iter().rev().max_by_key(|(_, time)| *time).map_or(before, |(state, _)| state)
}

/// For each of `width` cells, whether it touches the time between `from` and `until`.
pub(crate) fn marks(from: Duration, until: Duration, length: Duration, width: usize) -> Vec<bool> {
    (0..width).map(|cell| share(cell, width, length) < until && share(cell + 1, width, length) > from).collect()
}

fn share(cell: usize, width: usize, length: Duration) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "both are columns of a terminal")]
    length.mul_f64(cell as f64 / width as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use breaker_core::State;

    use super::{cells, letter, marks};

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn text(history: &[(Duration, State)], now: Duration) -> String {
        cells(history, now, s(10), 10).into_iter().map(letter).collect()
    }

    #[test]
    fn only_what_has_begun_is_drawn() {
        assert_eq!(text(&[], s(0)), "C");
        assert_eq!(text(&[], Duration::from_millis(3_500)), "CCCC");
        assert_eq!(text(&[], s(60)), "CCCCCCCCCC");
    }

    #[test]
    fn a_state_lasts_until_the_next() {
        let history = [(s(2), State::Open), (s(5), State::HalfOpen), (s(6), State::Closed)];
        assert_eq!(text(&history, s(10)), "CCOOOHCCCC");
    }

    #[test]
    fn a_cell_shows_the_state_that_held_longest_in_it() {
        let ms = Duration::from_millis;
        // Four probes of 100 ms: the longest single period is not the longest state.
        let mut history = vec![(s(2), State::Open)];
        for tenth in [41, 43, 45, 47] {
            history.push((ms(tenth * 100), State::HalfOpen));
            history.push((ms(tenth * 100 + 100), State::Open));
        }
        assert_eq!(text(&history, s(10)), "CCOOOOOOOO");
        history.truncate(2);
        assert_eq!(text(&history, s(10)), "CCOOHHHHHH");
        assert_eq!(text(&history, ms(4_150)), "CCOOO", "of the cell that has begun, the part until now counts");
    }

    #[test]
    fn a_cell_that_begins_now_shows_the_state_of_now() {
        assert_eq!(text(&[(s(1), State::Open), (s(3), State::HalfOpen)], s(3)), "COOH");
        assert_eq!(cells(&[], s(1), s(10), 0), []);
    }

    #[test]
    fn marks_cover_what_they_touch() {
        assert_eq!(marks(s(2), s(4), s(6), 6), [false, false, true, true, false, false]);
        assert_eq!(marks(Duration::from_millis(500), s(1), s(3), 3), [true, false, false]);
    }
}
