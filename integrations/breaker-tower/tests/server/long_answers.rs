//! Answers that last: websockets, event streams, slow bodies. They are not in flight once their headers are sent.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::routing::get as on_get;
use breaker_core::{CircuitBreaker, Config, Mode, State};
use breaker_tower::ServerLayer;
use futures::{SinkExt as _, Stream, StreamExt as _, stream};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::{Error, Message as ClientMessage};

use crate::support::{Server, at_rest, breaker, get, send, trip, two_failures};

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        if socket.send(Message::Text(text)).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn a_websocket_passes_through_and_outlives_an_open_circuit() {
    let (breaker, _) = breaker("chat", &two_failures());
    let upgrade = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo);
    let app = Router::new().route("/chat", on_get(upgrade)).layer(ServerLayer::with(breaker.clone()));
    let server = Server::new(app).await;
    let (stream, _served) = server.connect().await;
    let (mut socket, response) =
        tokio_tungstenite::client_async("ws://server/chat", stream).await.expect("the upgrade succeeds");
    assert_eq!((response.status().as_u16(), at_rest(&breaker).successes), (101, 1));
    for text in ["first", "second"] {
        socket.send(ClientMessage::text(text)).await.expect("connected");
        let answer = socket.next().await.expect("an answer").expect("connected");
        assert_eq!(answer, ClientMessage::text(text));
        breaker.set_mode(Mode::ForcedOpen);
    }

    let (stream, _served) = server.connect().await;
    match tokio_tungstenite::client_async("ws://server/chat", stream).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 503),
        other => panic!("{other:?}"),
    }
    assert_eq!((at_rest(&breaker).requests, at_rest(&breaker).rejections), (2, 1));
}

/// One event a minute, for an hour.
fn hour() -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(0_u32, |minute| async move {
        sleep(Duration::from_secs(60)).await;
        (minute < 60).then(|| (Ok(Event::default().data(minute.to_string())), minute + 1))
    })
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_events_is_one_quick_success() {
    let config = Config::builder()
        .request_timeout(Duration::from_secs(2))
        .slow_call_duration(Duration::from_secs(1))
        .slow_call_rate(0.5)
        .minimum_requests(1)
        .failure_threshold(2)
        .success_threshold(1)
        .half_open_timeout(Duration::from_secs(5))
        .build();
    // It follows tokio's time, which is paused.
    let breaker = CircuitBreaker::new("events", config.expect("valid"));
    let app =
        Router::new().route("/events", on_get(async || Sse::new(hour()))).layer(ServerLayer::with(breaker.clone()));
    trip(&breaker);
    sleep(Duration::from_secs(30)).await;

    // A probe, too, has ended with its headers.
    let begin = Instant::now();
    let response = send(&app, get("/events")).await;
    assert_eq!((response.status().as_u16(), breaker.state()), (200, State::Closed));
    let mut body = response.into_body();
    let mut events = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.expect("no error").into_data().expect("no trailers");
        assert_eq!(data, format!("data: {events}\n\n"));
        events += 1;
        assert_eq!(at_rest(&breaker).successes, 1);
    }
    assert_eq!((events, begin.elapsed() >= Duration::from_secs(3600)), (60, true));
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.slow, metrics.timeouts, metrics.failures, breaker.state()), (0, 0, 2, State::Closed));
}

#[tokio::test]
async fn a_slow_response_body_is_not_a_slow_call() {
    let slow = Config::builder().slow_call_duration(Duration::from_secs(1)).slow_call_rate(0.5).minimum_requests(1);
    let (breaker, time) = breaker("files", &slow.request_timeout(Duration::from_secs(2)));
    let (chunks, download) = mpsc::channel::<Result<Bytes, Infallible>>(1);
    let download = Arc::new(Mutex::new(Some(download)));
    let answer = async move || {
        let chunks = download.lock().expect("no panic").take().expect("one request");
        Body::from_stream(stream::unfold(chunks, async |mut chunks| Some((chunks.recv().await?, chunks))))
    };
    let app = Router::new().route("/", on_get(answer)).layer(ServerLayer::with(breaker.clone()));
    let mut body = send(&app, get("/")).await.into_body();
    for _ in 0..100 {
        time.advance(Duration::from_secs(60));
        chunks.send(Ok(Bytes::from_static(b"chunk"))).await.expect("the body is read");
        assert_eq!(body.frame().await.expect("a frame").expect("no error").into_data().expect("data"), "chunk");
    }
    drop(chunks);
    assert!(body.frame().await.is_none());
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.successes, metrics.slow, metrics.timeouts), (1, 0, 0));
}
