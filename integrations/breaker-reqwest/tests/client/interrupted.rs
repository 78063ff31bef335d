//! Requests that get no response: refused, cut off, timed out, dropped.

use std::future::{poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use breaker_core::State;
use breaker_reqwest::{breaker_error, rejection};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest_middleware::{ClientBuilder, Error};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::rig::{Ends, OPEN, Rig, Server, rig, send, tripping, with};

async fn fails_with(rig: &Rig, url: String) -> reqwest::Error {
    match rig.client().get(url).send().await {
        Err(Error::Reqwest(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_failure() {
    let rig = rig();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    assert!(fails_with(&rig, url.clone()).await.is_connect());
    assert_eq!(rig.breaker.state(), State::Open);
    let error = rig.client().get(url).send().await.expect_err("a rejection");
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!(rig.ends(), Ends { failures: 1, rejections: 1, ..Ends::default() });
}

/// No name has an address.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(ready(Err("no such name".into())))
    }
}

#[tokio::test]
async fn a_name_that_is_not_resolved_is_a_failure() {
    let rig = rig();
    let inner = reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(NoNames)).build().expect("a client");
    let client = ClientBuilder::new(inner).with(rig.middleware()).build();
    let error = client.get("http://quotes.internal/").send().await.expect_err("no address");
    assert!(error.is_connect(), "{error:?}");
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_connection_that_ends_inside_the_headers_is_a_failure() {
    for beginning in ["", "HT", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-le", "no HTTP\r\n\r\n"] {
        let rig = rig();
        let server = Server::new(move |mut stream| async move {
            send(&mut stream, beginning).await;
            let _ = stream.shutdown().await;
        })
        .await;
        let error = fails_with(&rig, server.url()).await;
        assert!(error.is_request() && !error.is_connect(), "{error:?}");
        assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() }, "{beginning}");
    }
}

#[tokio::test]
async fn the_request_timeout_of_the_breaker_cuts_a_request_off() {
    let rig = with(&tripping().request_timeout(Duration::from_secs(2)));
    let (server, arrived) = Server::silent().await;
    let client = rig.client();
    let request = tokio::spawn(client.get(server.url()).send());
    arrived.notified().await;
    rig.time.advance(Duration::from_secs(2));
    let error = request.await.expect("no panic").expect_err("a timeout");
    assert_eq!(error.to_string(), "the call of `quotes` timed out");
    assert!(breaker_error(&error).is_some_and(breaker_core::CircuitBreakerError::is_timeout), "{error:?}");
    assert_eq!(rejection(&error), None);
    assert_eq!(rig.ends(), Ends { failures: 1, timeouts: 1, ..Ends::default() });
    assert_eq!(rig.breaker.state(), State::Open);
}

#[tokio::test]
async fn a_timeout_of_the_client_is_a_failure() {
    let rig = rig();
    let (server, arrived) = Server::silent().await;
    let request = tokio::spawn(rig.client().get(server.url()).timeout(Duration::from_secs(60)).send());
    arrived.notified().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    let error = request.await.expect("no panic").expect_err("a timeout");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_dropped_request_is_neutral() {
    let rig = rig();
    let (server, arrived) = Server::silent().await;
    let client = rig.client();
    // Not polled: nobody has asked the breaker.
    drop(client.get(server.url()).send());
    assert_eq!(rig.ends(), Ends::default());
    {
        let mut request = pin!(client.get(server.url()).send());
        let mut has_arrived = pin!(arrived.notified());
        poll_fn(|cx| {
            assert!(request.as_mut().poll(cx).is_pending());
            has_arrived.as_mut().poll(cx)
        })
        .await;
        assert_eq!(rig.breaker.metrics().in_flight, 1);
    }
    assert_eq!((rig.ends(), rig.breaker.state()), (Ends { abandoned: 1, ..Ends::default() }, State::Closed));
}

#[tokio::test]
async fn a_dropped_probe_gives_its_place_back() {
    let rig = rig();
    let _ = rig.breaker.call(|| Err::<(), _>("down"));
    rig.time.advance(OPEN);
    let (server, _) = Server::silent().await;
    {
        let client = rig.client();
        let mut probe = pin!(client.get(server.url()).send());
        poll_fn(|cx| {
            assert!(probe.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert!(rig.breaker.peek().is_err());
    }
    assert!(rig.breaker.peek().is_ok());
    assert_eq!(rig.ends(), Ends { failures: 1, abandoned: 1, ..Ends::default() });
}
