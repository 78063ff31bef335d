//! The layer of a server allocates nothing for a request that is admitted. In a binary of its own, because of its
//! allocator.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_tower::ServerLayer;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

type Answer = Result<Response<Full<Bytes>>, Infallible>;

fn hello(_: Request<()>) -> Ready<Answer> {
    ready(Ok(Response::new(Full::new(Bytes::from_static(b"hello")))))
}

/// A request as a server gets it: its path is part of the buffer that was read.
fn request(buffer: &Bytes) -> Request<()> {
    let path = PathAndQuery::from_maybe_shared(buffer.slice(4..10)).expect("a path");
    let mut request = Request::new(());
    *request.uri_mut() = Uri::from(path);
    request
}

/// Returns the allocations of 100 requests, after five to warm up.
fn allocations<S>(service: &mut S) -> u64
where
    S: Service<Request<()>, Error = Infallible>,
{
    let buffer = Bytes::from("GET /hello HTTP/1.1\r\n".to_owned());
    // The server holds a second handle of the buffer.
    let _shared = buffer.clone();
    let mut run = || {
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(service.poll_ready(cx).is_ready());
        let Poll::Ready(response) = pin!(service.call(request(&buffer))).poll(cx) else { panic!("it is ready") };
        drop(black_box(response));
    };
    (0..5).for_each(|_| run());
    let before = counting::made();
    (0..100).for_each(|_| run());
    counting::made() - before
}

#[test]
fn an_admitted_request_allocates_nothing() {
    let bare = allocations(&mut service_fn(hello));
    let breaker = CircuitBreaker::new("db", Config::default());
    let mut layered = ServerLayer::with(breaker.clone()).layer(service_fn(hello));
    assert_eq!((bare, allocations(&mut layered)), (0, 0));
    assert_eq!(breaker.metrics().successes, 105);

    // What is counted is what the layer does: a rejection allocates its answer.
    breaker.set_mode(Mode::ForcedOpen);
    assert!(allocations(&mut layered) >= 100);
    assert_eq!(breaker.metrics().rejections, 105);
}
