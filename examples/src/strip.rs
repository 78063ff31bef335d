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

/// Divides `length` into `width` cells and says, for each that has begun by `now`, which state to show. `history`
/// holds the transitions in the order of their times, after an initial `Closed`.
///
/// A cell may see several states. Half-open wins, since it may last for milliseconds only; then open.
pub(crate) fn cells(history: &[(Duration, State)], now: Duration, length: Duration, width: usize) -> Vec<State> {
    let mut state = State::Closed;
    let mut rest = history.iter().peekable();
    let mut cells = Vec::with_capacity(width);
    for cell in 0..width {
        if share(cell, width, length) > now {
            break;
        }
        let end = share(cell + 1, width, length);
        let mut shown = state;
        while let Some((_, next)) = rest.next_if(|(at, _)| *at < end) {
            state = *next;
            shown = if weight(state) > weight(shown) { state } else { shown };
        }
        cells.push(shown);
    }
    cells
}

/// For each of `width` cells, whether it touches the time between `from` and `until`.
pub(crate) fn marks(from: Duration, until: Duration, length: Duration, width: usize) -> Vec<bool> {
    (0..width).map(|cell| share(cell, width, length) < until && share(cell + 1, width, length) > from).collect()
}

fn share(cell: usize, width: usize, length: Duration) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "both are columns of a terminal")]
    length.mul_f64(cell as f64 / width as f64)
}

fn weight(state: State) -> u8 {
    match state {
        State::Closed => 0,
        State::Open => 1,
        State::HalfOpen => 2,
    }
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
        assert_eq!(text(&history, s(10)), "CCOOOHHCCC");
    }

    #[test]
    fn a_short_half_open_is_seen() {
        let probe = Duration::from_millis(4_200);
        let history = [(s(2), State::Open), (probe, State::HalfOpen), (probe + Duration::from_millis(1), State::Open)];
        assert_eq!(text(&history, s(10)), "CCOOHOOOOO");
    }

    #[test]
    fn marks_cover_what_they_touch() {
        assert_eq!(marks(s(2), s(4), s(6), 6), [false, false, true, true, false, false]);
        assert_eq!(marks(Duration::from_millis(500), s(1), s(3), 3), [true, false, false]);
    }
}
