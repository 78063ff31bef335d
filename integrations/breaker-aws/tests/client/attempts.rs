//! The breaker around each attempt.

use aws_smithy_runtime_api::client::result::SdkError;
use breaker_aws::rejection;
use breaker_core::State;

use crate::rig::{Answer, OPEN, rig};

#[tokio::test(start_paused = true)]
async fn each_attempt_counts_and_a_rejection_ends_the_retries() {
    let rig = rig();
    rig.service.times(9, &Answer::Status(503));
    let error = rig.per_attempt(9).invoke(()).await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert_eq!(rejection(&error).expect("the third attempt is rejected").service, "queue");
    assert_eq!((rig.ends(), rig.service.asked()), ([0, 2, 0, 0, 1], 2));
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_and_its_repetition_are_two_calls() {
    let rig = rig();
    rig.service.then(Answer::Refused);
    assert_eq!(rig.per_attempt(3).invoke(()).await.unwrap(), 200);
    assert_eq!(rig.ends(), [1, 1, 0, 0, 0]);
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_wait_before_a_retry_is_no_part_of_a_call() {
    let rig = rig();
    rig.service.then(Answer::Status(503));
    let operation = rig.per_attempt(3);
    let mut running = Box::pin(operation.invoke(()));
    assert!(futures::poll!(&mut running).is_pending());
    assert_eq!(rig.ends(), [0, 1, 0, 0, 0]);
    drop(running);
    assert_eq!(rig.ends(), [0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_attempt_gives_its_permit_back() {
    let rig = rig();
    rig.service.times(2, &Answer::Refused).then(Answer::Never);
    let operation = rig.per_attempt(1);
    for _ in 0..2 {
        operation.invoke(()).await.unwrap_err();
    }
    rig.hand.advance(OPEN);
    let mut probe = Box::pin(operation.invoke(()));
    assert!(futures::poll!(&mut probe).is_pending());
    assert!(rejection(&operation.invoke(()).await.unwrap_err()).is_some());
    drop(probe);
    assert_eq!(rig.ends(), [0, 2, 0, 1, 1]);
    assert_eq!(operation.invoke(()).await.unwrap(), 200);
    assert_eq!(rig.breaker.state(), State::Closed);
}
