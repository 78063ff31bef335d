//! Bodies: the outcome is known before them.

use std::sync::Arc;

use breaker_core::{Outcome, State};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::rig::{Ends, Server, plain, rig, send};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// Sends a chunk for each permit.
async fn chunks(allowed: Arc<Semaphore>) -> Server {
    Server::new(move |mut stream| {
        let allowed = Arc::clone(&allowed);
        async move {
            send(&mut stream, CHUNKED).await;
            while let Ok(permit) = allowed.acquire().await {
                permit.forget();
                send(&mut stream, "5\r\nchunk\r\n").await;
            }
            send(&mut stream, "0\r\n\r\n").await;
        }
    })
    .await
}

#[tokio::test]
async fn chunks_arrive_before_the_end_of_the_body() {
    let rig = rig();
    let allowed = Arc::new(Semaphore::new(0));
    let server = chunks(Arc::clone(&allowed)).await;
    let mut response = rig.client().get(server.url()).send().await.expect("a response");
    // No chunk has been sent yet, and the call has ended.
    assert_eq!(rig.ends(), Ends { successes: 1, ..Ends::default() });
    for _ in 0..3 {
        allowed.add_permits(1);
        assert_eq!(response.chunk().await.expect("a chunk").as_deref(), Some(&b"chunk"[..]));
    }
    allowed.close();
    assert_eq!(response.chunk().await.expect("the end"), None);
    assert_eq!(rig.ends(), Ends { successes: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_body_that_breaks_or_is_dropped_is_not_counted() {
    let rig = rig();
    let broken = Server::new(|mut stream| async move {
        send(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbeginning").await;
        let _ = stream.shutdown().await;
    })
    .await;
    let response = rig.client().get(broken.url()).send().await.expect("a response");
    let error = response.text().await.expect_err("a broken body");
    assert!(error.is_decode(), "{error:?}");
    drop(rig.client().get(broken.url()).send().await.expect("a response"));
    assert_eq!((rig.ends(), rig.breaker.state()), (Ends { successes: 2, ..Ends::default() }, State::Closed));
    // A function that reads the body sees the failure.
    assert_eq!(breaker_reqwest::error(&error), Outcome::Failure);
}

#[tokio::test]
async fn a_request_without_a_breaker_gets_the_same_response() {
    let answer = "HTTP/1.1 201 Made\r\nx-answer: a\r\nx-answer: b\r\ncontent-length: 4\r\n\r\nbody";
    let server = Server::new(move |mut stream| async move { send(&mut stream, answer).await }).await;
    let through = rig().client().get(server.url()).send().await.expect("a response");
    let bare = plain().get(server.url()).send().await.expect("a response");
    assert_eq!((through.status(), through.version(), through.url()), (bare.status(), bare.version(), bare.url()));
    assert_eq!(through.headers(), bare.headers());
    assert_eq!(through.text().await.expect("a body"), bare.text().await.expect("a body"));
}
