use super::*;

fn there_and_back(answer: Result<Ticket, Refusal>) -> Result<(u64, u64), Refusal> {
    Result::from(Answer::from(answer)).map(|ticket: Ticket| (ticket.word.bits(), ticket.start))
}

#[test]
fn an_answer_in_two_words_says_the_same() {
    let word = Engine::new(0, crate::engine::policy::tests::NONE, 0).word();
    for start in [0, 1, u64::MAX] {
        assert_eq!(there_and_back(Ok(Ticket { word, start })), Ok((word.bits(), start)));
    }
    for refusal in [Refusal::HalfOpen, Refusal::ForcedOpen] {
        assert_eq!(there_and_back(Err(refusal)), Err(refusal));
    }
    for left in [0, 1, 30_000_000_000, u64::MAX - 3, u64::MAX] {
        assert_eq!(there_and_back(Err(Refusal::Open(left))), Err(Refusal::Open(left)));
    }
    // The two that mean something else are two nanoseconds off.
    for left in [u64::MAX - 1, u64::MAX - 2] {
        assert_eq!(there_and_back(Err(Refusal::Open(left))), Err(Refusal::Open(left - 2)));
    }
}
