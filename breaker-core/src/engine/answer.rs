//! The result of admission in two words. Only this file knows how they are encoded.

use super::ticket::Ticket;
use super::transition::Rejected;
use super::word::Word;

/// `Result<Ticket, Rejected>` in two words, which a function returns in registers. Returned through memory, written in
/// pieces and read as a whole, it made a rejected call a third slower.
#[derive(Clone, Copy, Debug)]
#[must_use = "an admitted call has to end"]
pub(super) struct Answer {
    /// The ticket's word, or 0 for a rejection.
    word: u64,
    /// The start of the call; for a rejection the time left, or one of the two constants below.
    rest: u64,
}

const HALF_OPEN: u64 = u64::MAX - 1;
const FORCED_OPEN: u64 = u64::MAX - 2;

impl From<Result<Ticket, Rejected>> for Answer {
    #[inline]
    fn from(answer: Result<Ticket, Rejected>) -> Self {
        match answer {
            Ok(Ticket { word, start }) => Self { word: word.bits(), rest: start },
            // Two values of 584 years' range are reserved, and encoded as two nanoseconds less.
            Err(Rejected::Open(left @ (HALF_OPEN | FORCED_OPEN))) => Self { word: 0, rest: left - 2 },
            Err(Rejected::Open(left)) => Self { word: 0, rest: left },
            Err(Rejected::HalfOpen) => Self { word: 0, rest: HALF_OPEN },
            Err(Rejected::ForcedOpen) => Self { word: 0, rest: FORCED_OPEN },
        }
    }
}

impl From<Answer> for Result<Ticket, Rejected> {
    #[inline]
    fn from(Answer { word, rest }: Answer) -> Self {
        match (word, rest) {
            (0, HALF_OPEN) => Err(Rejected::HalfOpen),
            (0, FORCED_OPEN) => Err(Rejected::ForcedOpen),
            (0, left) => Err(Rejected::Open(left)),
            // A word is never 0: generations start at 1.
            (word, start) => Ok(Ticket { word: Word::from_bits(word), start }),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn there_and_back(answer: Result<Ticket, Rejected>) -> Result<(u64, u64), Rejected> {
        Result::from(Answer::from(answer)).map(|ticket: Ticket| (ticket.word.bits(), ticket.start))
    }

    #[test]
    fn an_answer_in_two_words_says_the_same() {
        let word = Word::from_bits(1 << 28);
        for start in [0, 1, u64::MAX] {
            assert_eq!(there_and_back(Ok(Ticket { word, start })), Ok((word.bits(), start)));
        }
        for rejected in [Rejected::HalfOpen, Rejected::ForcedOpen] {
            assert_eq!(there_and_back(Err(rejected)), Err(rejected));
        }
        for left in [0, 1, 30_000_000_000, u64::MAX - 3, u64::MAX] {
            assert_eq!(there_and_back(Err(Rejected::Open(left))), Err(Rejected::Open(left)));
        }
        // The two reserved values are off by two nanoseconds.
        for left in [u64::MAX - 1, u64::MAX - 2] {
            assert_eq!(there_and_back(Err(Rejected::Open(left))), Err(Rejected::Open(left - 2)));
        }
    }
}
