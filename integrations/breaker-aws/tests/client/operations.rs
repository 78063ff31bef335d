//! The breaker around whole operations.

use aws_smithy_runtime_api::client::result::SdkError;
use breaker_aws::{CircuitBreakerInterceptor, rejection};
use breaker_core::{Registry, State};

use crate::rig::{Answer, OPEN, rig};

#[tokio::test]
async fn answers_are_successes() {
    let rig = rig();
    let operation = rig.once();
    assert_eq!(operation.invoke(()).await.unwrap(), 200);
    rig.service.then(Answer::Status(404));
    let error = operation.invoke(()).await.unwrap_err();
    assert_eq!(error.as_service_error().unwrap().status, 404);
    assert_eq!(rig.ends(), [2, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_rejects_before_anything_else_and_without_retries() {
    let rig = rig();
    rig.service.times(6, &Answer::Status(500));
    let operation = rig.service.operation(3).interceptor(rig.interceptor()).build();
    for _ in 0..2 {
        operation.invoke(()).await.unwrap_err();
    }
    assert_eq!((rig.breaker.state(), rig.service.asked()), (State::Open, 6));

    let error = operation.invoke(()).await.unwrap_err();
    // There was no request yet.
    assert!(matches!(error, SdkError::ConstructionFailure(_)), "{error:?}");
    let rejection = rejection(&error).expect("the breaker's rejection");
    assert_eq!((rejection.service, rejection.retry_after), ("queue", Some(OPEN)));
    assert_eq!(rig.service.asked(), 6);
    assert_eq!(rig.ends(), [0, 2, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_counts_once_with_all_its_attempts() {
    let rig = rig();
    let operation = rig.service.operation(3).interceptor(rig.interceptor()).build();
    rig.service.times(2, &Answer::Status(503));
    assert_eq!(operation.invoke(()).await.unwrap(), 200);
    assert_eq!((rig.ends(), rig.service.asked()), ([1, 0, 0, 0, 0], 3));
    rig.service.times(3, &Answer::Refused);
    assert!(matches!(operation.invoke(()).await, Err(SdkError::DispatchFailure(_))));
    assert_eq!((rig.ends(), rig.service.asked()), ([1, 1, 0, 0, 0], 6));
}

#[tokio::test]
async fn a_dropped_operation_gives_its_permit_back() {
    let rig = rig();
    let operation = rig.once();
    rig.service.times(2, &Answer::Refused).then(Answer::Never);
    for _ in 0..2 {
        operation.invoke(()).await.unwrap_err();
    }
    rig.hand.advance(OPEN);

    // A probe: the only place of the half-open circuit.
    let mut probe = Box::pin(operation.invoke(()));
    assert!(futures::poll!(&mut probe).is_pending());
    assert!(rejection(&operation.invoke(()).await.unwrap_err()).is_some());
    assert_eq!(rig.breaker.metrics().in_flight, 1);
    drop(probe);
    assert_eq!(rig.ends(), [0, 2, 0, 1, 1]);
    assert_eq!(operation.invoke(()).await.unwrap(), 200);
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[tokio::test]
async fn what_never_reaches_the_service_is_ignored() {
    let rig = rig();
    let unsendable =
        rig.service.operation(1).serializer(|()| Err("no such key".into())).interceptor(rig.interceptor()).build();
    unsendable.invoke(()).await.unwrap_err();
    rig.service.then(Answer::Unsendable);
    rig.once().invoke(()).await.unwrap_err();
    assert_eq!(rig.ends(), [0, 0, 2, 0, 0]);
}

#[tokio::test]
async fn a_service_by_name_is_in_the_registry() {
    let service = crate::rig::Service::default();
    let interceptor = CircuitBreakerInterceptor::new("tests-table");
    assert_eq!(interceptor.breaker().service(), "tests-table");
    service.operation(1).interceptor(interceptor).build().invoke(()).await.unwrap();
    assert_eq!(Registry::global().get("tests-table").unwrap().metrics().successes, 1);
}
