//! What responses count as.

use breaker_core::{Classify, Outcome, State, classify_fn};
use breaker_reqwest::{Http, breaker_error, rejection};
use reqwest::Response;
use reqwest_middleware::Error;

use crate::rig::{Ends, OPEN, Server, client, rig};

#[tokio::test]
async fn an_outage_opens_the_circuit_and_the_recovery_closes_it() {
    let rig = rig();
    let client = rig.client();
    let server = Server::answering([200, 500, 200]).await;
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 200);
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 500);
    assert_eq!(rig.breaker.state(), State::Open);

    let error = client.get(server.url()).send().await.expect_err("a rejection");
    assert_eq!(rejection(&error).and_then(|rejection| rejection.retry_after), Some(OPEN));
    assert_eq!(error.to_string(), "the call of `quotes` was rejected");
    assert_eq!(server.requests(), 2);

    rig.time.advance(OPEN);
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 200);
    assert_eq!(rig.breaker.state(), State::Closed);
    assert_eq!(rig.ends(), Ends { successes: 2, failures: 1, rejections: 1, ..Ends::default() });
}

#[tokio::test]
async fn statuses_count_as_the_table_says() {
    let success = Ends { successes: 1, ..Ends::default() };
    let ignored = Ends { ignored: 1, ..Ends::default() };
    let failure = Ends { failures: 1, ..Ends::default() };
    for (status, expected) in [
        (204, success),
        (304, success),
        (400, success),
        (401, success),
        (404, success),
        (408, ignored),
        (429, ignored),
        (500, failure),
        (502, failure),
        (503, failure),
        (504, failure),
    ] {
        let rig = rig();
        let server = Server::answering([status]).await;
        let response = rig.client().get(server.url()).send().await.expect("a response");
        assert_eq!((response.status().as_u16(), rig.ends()), (status, expected));
        assert_eq!(rig.breaker.state() == State::Open, expected == failure, "{status}");
    }
}

#[tokio::test]
async fn throttling_may_be_a_failure() {
    let rig = rig();
    let server = Server::answering([429]).await;
    let client = client(rig.middleware().throttling_is_failure());
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 429);
    assert_eq!((rig.ends(), rig.breaker.state()), (Ends { failures: 1, ..Ends::default() }, State::Open));
}

#[tokio::test]
async fn a_classifier_of_ones_own_decides_instead() {
    let rig = rig();
    let server = Server::answering([404, 503]).await;
    let classifier = classify_fn(|result: &Result<Response, Error>| match result {
        Ok(response) if response.status() == 404 => Outcome::Ignore,
        other => Http::new().classify(other),
    });
    let client = client(rig.middleware().classify(classifier));
    for status in [404, 503] {
        assert_eq!(client.get(server.url()).send().await.expect("a response").status(), status);
    }
    assert_eq!(rig.ends(), Ends { ignored: 1, failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_rejection_downcasts() {
    let rig = rig();
    rig.breaker.set_mode(breaker_core::Mode::ForcedOpen);
    let error = rig.client().get("http://127.0.0.1:1/").send().await.expect_err("a rejection");
    let found = breaker_error(&error).expect("a rejection").clone();
    assert!(found.is_rejected());
    let Error::Middleware(inside) = error else { panic!("{error:?}") };
    assert_eq!(inside.downcast_ref(), Some(&found));
    assert!(inside.downcast_ref::<breaker_tower::Error>().is_some_and(breaker_tower::Error::is_rejected));
    assert_eq!(rig.ends(), Ends { rejections: 1, ..Ends::default() });
}
