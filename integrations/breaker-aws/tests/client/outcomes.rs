//! What answers and errors count as.

use std::time::Duration;

use breaker_aws::CircuitBreakerInterceptor;
use breaker_core::{Outcome, State};

use crate::rig::{Answer, Failed, Rig, rig};

const SUCCESS: [u64; 5] = [1, 0, 0, 0, 0];
const FAILURE: [u64; 5] = [0, 1, 0, 0, 0];
const IGNORED: [u64; 5] = [0, 0, 1, 0, 0];

/// Returns what one operation with this answer counts as, with both placements.
async fn of(answer: &Answer, options: fn(CircuitBreakerInterceptor) -> CircuitBreakerInterceptor) -> [u64; 5] {
    let both = [false, true].map(|per_attempt| async move {
        let rig = rig();
        rig.service.then(answer.clone());
        let interceptor = options(rig.interceptor());
        let interceptor = if per_attempt { interceptor.per_attempt() } else { interceptor };
        let _ = rig.service.operation(1).interceptor(interceptor).build().invoke(()).await;
        rig.ends()
    });
    let [operation, attempt] = both;
    let ends = operation.await;
    assert_eq!(ends, attempt.await, "{answer:?}");
    ends
}

#[tokio::test]
async fn answers_and_errors_have_their_outcomes() {
    for (answer, expected) in [
        (Answer::Status(200), SUCCESS),
        (Answer::Status(304), SUCCESS),
        (Answer::Status(400), SUCCESS),
        (Answer::Status(403), SUCCESS),
        (Answer::Status(404), SUCCESS),
        (Answer::Status(412), SUCCESS),
        (Answer::Status(408), IGNORED),
        (Answer::Status(429), IGNORED),
        (Answer::Status(500), FAILURE),
        (Answer::Status(501), FAILURE),
        (Answer::Status(503), FAILURE),
        // DynamoDB.
        (Answer::Code(400, "Throttling"), IGNORED),
        // S3's SlowDown.
        (Answer::Code(503, "Throttling"), FAILURE),
        (Answer::Code(400, "RequestTimeout"), IGNORED),
        (Answer::Code(400, "ValidationException"), SUCCESS),
        // S3 sends errors of CompleteMultipartUpload and CopyObject inside a 200.
        (Answer::Code(200, "InternalError"), FAILURE),
        (Answer::Code(200, "Throttling"), IGNORED),
        (Answer::Code(500, "Forbidden"), FAILURE),
        (Answer::Code(409, "Forbidden"), SUCCESS),
        (Answer::Broken(200), FAILURE),
        (Answer::Refused, FAILURE),
        (Answer::TooLate, FAILURE),
        (Answer::Unsendable, IGNORED),
    ] {
        assert_eq!(of(&answer, |interceptor| interceptor).await, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn throttling_is_a_failure_by_choice() {
    for (answer, expected) in [
        (Answer::Status(429), FAILURE),
        (Answer::Code(400, "Throttling"), FAILURE),
        (Answer::Code(200, "Throttling"), FAILURE),
        (Answer::Code(400, "RequestTimeout"), IGNORED),
        (Answer::Status(404), SUCCESS),
    ] {
        assert_eq!(of(&answer, CircuitBreakerInterceptor::throttling_is_failure).await, expected, "{answer:?}");
    }
}

async fn cooled(answer: Answer) -> (Rig, Option<Duration>) {
    let rig = rig();
    rig.service.then(answer);
    let operation = rig.service.operation(1).interceptor(rig.interceptor().cooldown()).build();
    operation.invoke(()).await.unwrap_err();
    let wait = rig.breaker.metrics().retry_after;
    (rig, wait)
}

#[tokio::test]
async fn a_cooldown_lasts_as_long_as_the_service_asks() {
    for (answer, wait) in [
        (Answer::With(503, "retry-after", "20"), 20_000),
        (Answer::With(429, "retry-after", "7"), 7_000),
        // In milliseconds.
        (Answer::With(503, "x-amz-retry-after", "1500"), 1_500),
        (Answer::With(429, "retry-after-ms", "1200"), 1_200),
    ] {
        let (rig, asked) = cooled(answer).await;
        assert_eq!((rig.breaker.state(), asked), (State::Open, Some(Duration::from_millis(wait))));
    }
}

#[tokio::test]
async fn a_header_that_asks_for_nothing_is_no_cooldown() {
    for (answer, expected) in [
        (Answer::With(503, "retry-after", "soon"), FAILURE),
        (Answer::With(503, "retry-after", "0"), FAILURE),
        (Answer::Status(503), FAILURE),
        (Answer::Status(429), IGNORED),
        (Answer::With(500, "retry-after", "20"), FAILURE),
        (Answer::With(404, "retry-after", "20"), SUCCESS),
    ] {
        let (rig, asked) = cooled(answer).await;
        assert_eq!((rig.breaker.state(), asked, rig.ends()), (State::Closed, None, expected));
    }
}

#[tokio::test]
async fn a_classifier_decides_what_it_knows_and_no_more() {
    let rig = rig();
    let interceptor = rig.interceptor().classify(|context| {
        let error = context.output_or_error()?.err()?;
        let failed = error.as_operation_error()?.downcast_ref::<Failed>()?;
        (failed.status == 403).then_some(Outcome::Failure)
    });
    let operation = rig.service.operation(1).interceptor(interceptor).build();
    rig.service.then(Answer::Status(403)).then(Answer::Status(404)).then(Answer::Status(429)).then(Answer::Status(500));
    for _ in 0..4 {
        operation.invoke(()).await.unwrap_err();
    }
    assert_eq!(rig.ends(), [1, 2, 1, 0, 0]);
}
