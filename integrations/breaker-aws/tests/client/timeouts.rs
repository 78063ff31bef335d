//! The timeouts of the SDK.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_aws::CircuitBreakerInterceptor;
use breaker_core::{CircuitBreaker, Config};

use crate::rig::{Answer, rig};

#[test]
fn the_client_gets_the_request_timeout_of_the_breaker() {
    let twenty = Some(Duration::from_secs(20));
    let operations = rig().interceptor().timeouts();
    assert_eq!((operations.operation_timeout(), operations.operation_attempt_timeout()), (twenty, None));
    let attempts = rig().interceptor().per_attempt().timeouts();
    assert_eq!((attempts.operation_timeout(), attempts.operation_attempt_timeout()), (None, twenty));
    let none = CircuitBreakerInterceptor::with(CircuitBreaker::new("untimed", Config::default())).timeouts();
    // Neither set nor disabled: the client's own apply.
    assert_eq!(none, TimeoutConfig::builder().build());
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_times_out_is_a_failure() {
    let rig = rig();
    let interceptor = rig.interceptor();
    let timeouts = interceptor.timeouts();
    let operation = rig.service.operation(1).timeout_config(timeouts).interceptor(interceptor).build();
    rig.service.then(Answer::Never);
    let started = tokio::time::Instant::now();
    assert!(matches!(operation.invoke(()).await, Err(SdkError::TimeoutError(_))));
    assert_eq!(started.elapsed(), Duration::from_secs(20));
    assert_eq!(rig.ends(), [0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_between_attempts_is_a_failure_of_the_operation() {
    let rig = rig();
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_micros(1)).build();
    let operation = rig.service.operation(3).timeout_config(timeouts).interceptor(rig.interceptor()).build();
    rig.service.times(3, &Answer::Status(503));
    assert!(matches!(operation.invoke(()).await, Err(SdkError::TimeoutError(_))));
    assert_eq!((rig.ends(), rig.service.asked()), ([0, 1, 0, 0, 0], 1));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_times_out_is_a_failure_and_is_repeated() {
    let rig = rig();
    let interceptor = rig.interceptor().per_attempt();
    let timeouts = interceptor.timeouts();
    let operation = rig.service.operation(3).timeout_config(timeouts).interceptor(interceptor).build();
    rig.service.then(Answer::Never);
    assert_eq!(operation.invoke(()).await.unwrap(), 200);
    assert_eq!(rig.ends(), [1, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_operation_ends_the_attempt_that_runs() {
    let rig = rig();
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(3)).build();
    let operation =
        rig.service.operation(3).timeout_config(timeouts).interceptor(rig.interceptor().per_attempt()).build();
    rig.service.then(Answer::Never);
    assert!(matches!(operation.invoke(()).await, Err(SdkError::TimeoutError(_))));
    assert_eq!(rig.ends(), [0, 1, 0, 0, 0]);
}
