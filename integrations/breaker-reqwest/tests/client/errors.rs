//! What errors of reqwest count as: one test for each row of the table of `Http`.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::time::Duration;

use breaker_core::{CircuitBreakerError, Outcome};
use breaker_reqwest::{Http, http_error};
use breaker_tower::HttpError;
use http::Extensions;
use reqwest::{Body, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next};
use tokio::io::AsyncWriteExt;

use crate::rig::{Ends, Rig, Server, plain, rig, send};

async fn body(text: &'static str) -> Server {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
    Server::new(move |mut stream| {
        let answer = answer.clone();
        async move { send(&mut stream, &answer).await }
    })
    .await
}

fn outcome(error: reqwest::Error) -> Outcome {
    let plain = breaker_reqwest::error(&error);
    // The same in an error of reqwest-middleware, and where another error has it as its source.
    let nested = Error::middleware(io::Error::other(Error::from(error)));
    assert_eq!(breaker_reqwest::error(&nested), plain, "{nested:?}");
    plain
}

#[tokio::test]
async fn a_request_that_is_invalid_is_ignored() {
    let rig = rig();
    let client = rig.client();
    for url in ["no url", "ftp://example.org/"] {
        let error = client.get(url).send().await.expect_err("no URL");
        assert!(error.is_builder(), "{error:?}");
        assert_eq!(breaker_reqwest::error(&error), Outcome::Ignore);
    }
    // The first one was not even a request.
    assert_eq!(rig.ends(), Ends { ignored: 1, ..Ends::default() });
}

#[tokio::test]
async fn the_body_of_the_request_is_not_the_services_fault() {
    let rig = rig();
    let (server, _) = Server::silent().await;
    for kind in [io::ErrorKind::NotFound, io::ErrorKind::TimedOut] {
        let chunks = [Ok("beginning"), Err(io::Error::from(kind))];
        let body = Body::wrap_stream(futures::stream::iter(chunks));
        let error = rig.client().post(server.url()).body(body).send().await.expect_err("a broken body");
        assert!(error.is_request(), "{error:?}");
    }
    assert_eq!(rig.ends(), Ends { ignored: 2, ..Ends::default() });
}

/// The beginning of a server's side of HTTP/2: settings, and that it has those of the client.
const HTTP2: [u8; 18] = [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0];

/// Ends a connection in order, before it has read any stream.
const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

async fn http2(frames: Vec<u8>) -> Server {
    Server::new(move |mut stream| {
        let frames = [&HTTP2[..], &frames].concat();
        async move {
            stream.write_all(&frames).await.expect("the client is there");
            pending::<()>().await;
        }
    })
    .await
}

fn http2_client(rig: &Rig) -> ClientWithMiddleware {
    let inner = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().expect("a client");
    ClientBuilder::new(inner).with(rig.middleware()).build()
}

/// A limit: the error doesn't say who has ended the stream.
#[tokio::test]
async fn over_http2_the_body_of_the_request_is_a_failure() {
    let rig = rig();
    let server = http2(Vec::new()).await;
    let chunks = [Ok("beginning"), Err(io::Error::other("end"))];
    let body = Body::wrap_stream(futures::stream::iter(chunks));
    let error = http2_client(&rig).post(server.url()).body(body).send().await.expect_err("a broken body");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn an_http2_connection_that_the_server_ends_is_a_failure() {
    let rig = rig();
    let server = http2(GOAWAY.to_vec()).await;
    let error =
        http2_client(&rig).get(server.url()).timeout(Duration::from_secs(60)).send().await.expect_err("the end");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn an_error_of_a_status_counts_as_its_response() {
    let expected = [(404, Outcome::Success), (408, Outcome::Ignore), (429, Outcome::Ignore), (503, Outcome::Failure)];
    for (status, expected) in expected {
        let server = Server::with_header(status, "retry-after: 7".to_owned()).await;
        let response = plain().get(server.url()).send().await.expect("a response");
        let error = response.error_for_status().expect_err("a status");
        assert!(error.is_status(), "{error:?}");
        assert_eq!(Http::new().throttling_is_failure().error(&error).is_failure(), [429, 503].contains(&status));
        assert_eq!(outcome(error), expected, "{status}");
    }
}

#[tokio::test]
async fn redirects_that_the_client_ends_are_answers() {
    let rig = rig();
    let server = Server::with_header(302, "location: /".to_owned()).await;
    let error = rig.client().get(server.url()).send().await.expect_err("a circle of redirects");
    assert!(error.is_redirect(), "{error:?}");
    assert_eq!(rig.ends(), Ends { successes: 1, ..Ends::default() });
}

#[tokio::test]
async fn an_answer_that_cannot_be_decoded_is_an_answer() {
    let server = body("{\"not\": ").await;
    let response = plain().get(server.url()).send().await.expect("a response");
    let error = response.json::<BTreeMap<String, u32>>().await.expect_err("no JSON");
    assert!(error.is_decode(), "{error:?}");
    assert_eq!(outcome(error), Outcome::Success);
}

#[tokio::test]
async fn a_connection_that_breaks_inside_the_body_is_a_failure() {
    let server = Server::new(|mut stream| async move {
        send(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbeginning").await;
    })
    .await;
    // With a timeout, reqwest wraps the error of the body once more.
    for timeout in [None, Some(Duration::from_secs(60))] {
        let mut request = plain().get(server.url());
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        let error = request.send().await.expect("a response").bytes().await.expect_err("a broken body");
        assert!(error.is_decode(), "{error:?}");
        assert_eq!(outcome(error), Outcome::Failure);
    }
}

#[tokio::test]
async fn a_timeout_inside_the_body_is_a_failure() {
    let server = Server::new(|mut stream| async move {
        send(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbeginning").await;
        pending::<()>().await;
    })
    .await;
    let response = plain().get(server.url()).timeout(Duration::from_secs(60)).send().await.expect("a response");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    let error = response.bytes().await.expect_err("a timeout");
    assert!(error.is_decode() && error.is_timeout(), "{error:?}");
    assert_eq!(outcome(error), Outcome::Failure);
}

/// A middleware that can't make the request complete.
struct NoToken;

#[async_trait::async_trait]
impl Middleware for NoToken {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> reqwest_middleware::Result<Response> {
        Err(Error::middleware(io::Error::other("no token")))
    }
}

#[tokio::test]
async fn errors_of_other_middleware_are_failures() {
    let rig = rig();
    let client = ClientBuilder::new(plain()).with(rig.middleware()).with(NoToken).build();
    let error = client.get("http://127.0.0.1:1/").send().await.expect_err("no token");
    assert_eq!(error.to_string(), "no token");
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[test]
fn errors_of_breaker_tower_count_as_they_do_there() {
    let answered = |status: u16| {
        let response = http::Response::builder().status(status).body(()).expect("a response");
        HttpError::check(response).expect_err("an error")
    };
    for (error, expected) in [
        (answered(404), Outcome::Success),
        (answered(429), Outcome::Ignore),
        (answered(502), Outcome::Failure),
        (HttpError::transport("refused"), Outcome::Failure),
    ] {
        assert_eq!(breaker_reqwest::error(&error), expected, "{error:?}");
        assert_eq!(HttpError::classify(&Err::<(), _>(error)), expected);
    }
}

#[tokio::test]
async fn a_gateway_tells_rejections_timeouts_and_failures_apart() {
    let rig = rig();
    let server = Server::answering([503]).await;
    let client = rig.client();
    let response = client.get(server.url()).send().await.expect("a response");
    let error = http_error(response.error_for_status().expect_err("a status"));
    assert!(matches!(error, HttpError::Transport(_)), "{error:?}");
    assert_eq!((error.gateway_status().as_u16(), HttpError::classify(&Err::<(), _>(error))), (502, Outcome::Failure));

    let rejected = http_error(client.get(server.url()).send().await.expect_err("a rejection"));
    assert!(matches!(&rejected, HttpError::Breaker(error) if error.is_rejected()), "{rejected:?}");
    let timed_out = Error::middleware(CircuitBreakerError::timed_out("quotes", Duration::from_secs(1)));
    let other = Error::middleware(io::Error::other("no token"));
    let statuses = [rejected, http_error(timed_out), http_error(other)].map(|error| error.gateway_status().as_u16());
    assert_eq!(statuses, [503, 504, 502]);
}
