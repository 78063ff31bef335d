//! A hostile server: huge headers, slow bodies, connections that end at every byte.

use std::io::ErrorKind;
use std::net::SocketAddr;

use breaker_core::{Outcome, State};
use breaker_tower::{CircuitBreakerLayer, Http};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_test::assert_ok;
use tower::{Layer, ServiceExt};

use crate::hyper_clients::client;
use crate::rig::{Rig, rig};

/// Accepts one connection, reads the request's headers, and runs `answer`.
async fn server<A>(answer: impl FnOnce(TcpStream) -> A + Send + 'static) -> (SocketAddr, tokio::task::JoinHandle<()>)
where
    A: Future<Output = ()> + Send + 'static,
{
    let listener = assert_ok!(TcpListener::bind("127.0.0.1:0").await);
    let address = assert_ok!(listener.local_addr());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            let byte = stream.read_u8().await.expect("a request");
            read.push(byte);
        }
        answer(stream).await;
    });
    (address, task)
}

/// Whether the headers came, and whether the body was whole.
async fn get(rig: &Rig, address: SocketAddr) -> (bool, bool) {
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new().cooldown()).follow_body();
    let request = Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).expect("a request");
    match layer.layer(client(false)).oneshot(request).await {
        Ok(response) => (true, response.into_body().collect().await.is_ok()),
        Err(error) => {
            assert!(error.inner().is_some(), "{error:?}");
            (false, false)
        }
    }
}

/// Whatever byte the connection ends after, the call has one outcome, and nothing stays in flight.
#[tokio::test]
async fn a_server_that_disconnects_at_every_byte() {
    let answer: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\nx-a: b\r\n\r\nhello, world";
    let headers = answer.len() - 12;
    for length in 0..=answer.len() {
        let rig = rig();
        let (address, task) = server(move |mut stream: TcpStream| async move {
            let _ = stream.write_all(&answer[..length]).await;
        })
        .await;
        let is_whole = length == answer.len();
        assert_eq!(get(&rig, address).await, (length >= headers, is_whole), "{length} bytes");
        assert_ok!(task.await);
        let (expected, state) =
            if is_whole { ([1, 0, 0, 0, 0, 0, 0], State::Closed) } else { ([0, 1, 0, 0, 0, 0, 0], State::Open) };
        assert_eq!((rig.counts(), rig.breaker.state()), (expected, state), "{length} bytes");
    }
}

/// The same for a client that leaves: it is neutral, wherever it does.
#[tokio::test]
async fn a_client_that_leaves_after_every_frame() {
    for frames in 0..4 {
        let rig = rig();
        let (address, task) = server(|mut stream: TcpStream| async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            for _ in 0..1_000 {
                if stream.write_all(b"4\r\nslow\r\n").await.is_err() {
                    break;
                }
            }
            // Until the client has left.
            let gone = stream.read_u8().await.expect_err("the client sends nothing").kind();
            assert!(matches!(gone, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{gone}");
        })
        .await;
        let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).follow_body();
        let request = Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).expect("a request");
        let mut body = assert_ok!(layer.layer(client(false)).oneshot(request).await).into_body();
        for _ in 0..frames {
            assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
        }
        drop(body);
        assert_ok!(task.await);
        assert_eq!((rig.counts(), rig.breaker.state()), ([0, 0, 0, 0, 1, 0, 0], State::Closed), "{frames}");
    }
}

#[tokio::test]
async fn headers_that_are_too_large_are_a_failure() {
    let rig = rig();
    let (address, task) = server(|mut stream: TcpStream| async move {
        let line = [b"x-large: ".as_slice(), &[b'a'; 1 << 20], b"\r\n"].concat();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let _ = stream.write_all(&line).await;
    })
    .await;
    assert_eq!(get(&rig, address).await, (false, false));
    assert_ok!(task.await);
    assert_eq!((rig.counts(), rig.breaker.state()), ([0, 1, 0, 0, 0, 0, 0], State::Open));
}

/// No header makes a classifier panic, and none opens the circuit for longer than it says.
#[test]
fn hostile_headers_are_malformed() {
    let huge = "9".repeat(100_000);
    let values: [&[u8]; 9] = [
        b"\xff\xfe\x00"[..2].as_ref(),
        b"\"; drop table",
        "é".as_bytes(),
        b"-0",
        b"1e9",
        b" ",
        b"\t5",
        b"Sun, 06 Nov 99999999 08:49:37 GMT",
        b"Thu, 01 Jan 1970 00:00:00 GMT",
    ];
    for value in values {
        let value = HeaderValue::from_bytes(value).expect("a header value");
        let response = Response::builder().status(503).header("retry-after", &value).header("retry-after-ms", &value);
        let outcome = Http::new()
            .cooldown()
            .outcome(http::StatusCode::SERVICE_UNAVAILABLE, response.headers_ref().expect("headers"));
        let expected = if value.as_bytes() == b"\t5" {
            Outcome::OpenFor(std::time::Duration::from_millis(5))
        } else {
            Outcome::Failure
        };
        assert_eq!(outcome, expected, "{value:?}");
    }
    let rig = rig();
    let response = Response::builder().status(429).header("retry-after", huge);
    let outcome =
        Http::new().cooldown().outcome(http::StatusCode::TOO_MANY_REQUESTS, response.headers_ref().expect("headers"));
    rig.breaker.try_acquire().expect("closed").record(outcome);
    assert_eq!(rig.breaker.metrics().retry_after, Some(std::time::Duration::from_secs(600)), "open_timeout_max");
}
