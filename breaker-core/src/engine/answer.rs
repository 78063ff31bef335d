//! The answer to a caller who asks for admission, in two words. Nothing outside this file touches their values.

use super::ticket::Ticket;
use super::transition::Rejected;
use super::word::Word;

/// `Result<Ticket, Rejected>` in two words, which a function returns in registers. Through memory it cost a rejected call a
/// third more: written in pieces, read as a whole.
#[derive(Clone, Copy, Debug)]
#[must_use = "an admitted call has to end"]
pub(super) struct Answer {
    /// The ticket's word, or 0.
    word: u64,
    /// When the call started; or how long to stay away, or one of the two numbers below.
    rest: u64,
}

const HALF_OPEN: u64 = u64::MAX - 1;
const FORCED_OPEN: u64 = u64::MAX - 2;

impl From<Result<Ticket, Rejected>> for Answer {
    #[inline]
    fn from(answer: Result<Ticket, Rejected>) -> Self {
        match answer {
            Ok(Ticket { word, start }) => Self { word: word.bits(), rest: start },
            // Two nanoseconds of 584 years are taken for two less.
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
            // A word is never 0: generations begin with 1.
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
        // The two that mean something else are two nanoseconds off.
        for left in [u64::MAX - 1, u64::MAX - 2] {
            assert_eq!(there_and_back(Err(Rejected::Open(left))), Err(Rejected::Open(left - 2)));
        }
    }
}
