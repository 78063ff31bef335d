//! Bodies that break off, and answers that don't come.

use std::time::Duration;

use breaker_core::State;
use breaker_object_store::S3CircuitBreakerError;
use object_store::Error;

use crate::rig::{Answer, OBJECT, Rig, rig, rig_with};

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failed_call_of_its_own() {
    let rig = rig().await;
    rig.server.then(Answer::BreakOff);
    let error = rig.get().await.unwrap_err();
    assert!(matches!(error, Error::Generic { .. }), "{error}");
    assert_eq!((rig.breaker.metrics().successes, rig.breaker.metrics().failures), (1, 1));
}

#[tokio::test]
async fn the_client_reads_the_rest_again() {
    // The server ignores the range, so the client gives up; the breaker has seen both attempts.
    let rig = rig_with(1, |connector| connector).await;
    rig.server.then(Answer::BreakOff);
    rig.get().await.unwrap_err();
    assert_eq!(rig.server.asked().len(), 2);
    assert_eq!((rig.breaker.metrics().successes, rig.breaker.metrics().failures), (2, 1));
}

#[tokio::test]
async fn a_slow_first_byte_is_cut_off() {
    let rig = rig().await;
    rig.server.then(Answer::Never);
    let Rig { server, hand, .. } = &rig;
    let wait = async {
        server.arrival().await;
        hand.advance(Duration::from_secs(30));
    };
    let (result, ()) = futures::join!(rig.get(), wait);
    let error = result.unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("the breaker's error").is_timeout(), "{error}");
    assert_eq!((rig.breaker.metrics().timeouts, rig.breaker.metrics().failures), (1, 1));
    assert_eq!(rig.get().await.unwrap(), OBJECT);
}

#[tokio::test]
async fn the_body_of_an_error_is_read_while_the_circuit_is_open() {
    let rig = rig().await;
    rig.server.times(2, &Answer::Status(503));
    rig.get().await.unwrap_err();
    let error = rig.get().await.unwrap_err();
    assert_eq!(rig.breaker.state(), State::Open);
    assert!(error.to_string().contains("SlowDown"), "{error}");
}
