//! Several interceptors of one client.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use breaker_aws::{CircuitBreakerInterceptor, rejection};
use breaker_core::Mode;

use crate::rig::{Answer, breaker, ends, rig};

#[tokio::test(start_paused = true)]
async fn breakers_of_both_placements_stand_on_one_client() {
    let rig = rig();
    let (inner, _) = breaker();
    let operation = rig
        .service
        .operation(3)
        .interceptor(rig.interceptor())
        .interceptor(CircuitBreakerInterceptor::with(inner.clone()).per_attempt())
        .build();
    rig.service.then(Answer::Status(503));
    assert_eq!(operation.invoke(()).await.unwrap(), 200);
    assert_eq!((rig.ends(), ends(&inner)), ([1, 0, 0, 0, 0], [1, 1, 0, 0, 0]));

    // The rejection by one is no news of the service for the other.
    inner.set_mode(Mode::ForcedOpen);
    assert!(rejection(&operation.invoke(()).await.unwrap_err()).is_some());
    assert_eq!((rig.ends(), ends(&inner)), ([1, 0, 1, 0, 0], [1, 1, 0, 0, 1]));
}

#[tokio::test]
async fn two_breakers_of_one_placement_each_end_their_own_call() {
    let (rig, (other, _)) = (rig(), breaker());
    let operation = rig
        .service
        .operation(1)
        .interceptor(rig.interceptor())
        .interceptor(CircuitBreakerInterceptor::with(other.clone()).classify(|_| Some(breaker_core::Outcome::Failure)))
        .build();
    operation.invoke(()).await.unwrap();
    assert_eq!((rig.ends(), ends(&other)), ([1, 0, 0, 0, 0], [0, 1, 0, 0, 0]));

    // The second rejects: the first one's permit comes back.
    other.set_mode(Mode::ForcedOpen);
    operation.invoke(()).await.unwrap_err();
    assert_eq!((rig.ends(), ends(&other)), ([1, 0, 1, 0, 0], [0, 1, 0, 0, 1]));
}

/// An interceptor of the user's that fails before the request is sent.
#[derive(Debug)]
struct Unsigned;

impl Intercept for Unsigned {
    fn name(&self) -> &'static str {
        "Unsigned"
    }

    fn read_before_signing(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Err("no credentials".into())
    }
}

#[tokio::test]
async fn an_error_before_the_request_is_sent_is_no_news_of_the_service() {
    let rig = rig();
    for interceptor in [rig.interceptor(), rig.interceptor().per_attempt()] {
        let operation = rig.service.operation(1).interceptor(interceptor).interceptor(Unsigned).build();
        operation.invoke(()).await.unwrap_err();
    }
    assert_eq!((rig.ends(), rig.service.asked()), ([0, 0, 2, 0, 0], 0));
}
