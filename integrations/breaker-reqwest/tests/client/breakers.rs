//! Which breaker admits a request.

use std::pin::Pin;

use breaker_core::{CircuitBreaker, Config, Registry, State};
use breaker_reqwest::{CircuitBreakerMiddleware, rejection};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};

use crate::rig::{Ends, Server, client, ends, plain, rig, tripping};

/// The middleware can be shared, cloned and named.
const fn is_shared<T: Send + Sync + Clone + 'static>() {}
const _: () = is_shared::<CircuitBreakerMiddleware>();

#[tokio::test]
async fn the_breaker_of_a_name_is_that_of_the_global_registry() {
    let server = Server::answering([200, 500]).await;
    let client = client(CircuitBreakerMiddleware::new("by-name"));
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 200);
    let breaker = Registry::global().get("by-name").expect("the middleware has made it");
    assert_eq!(ends(&breaker), Ends { successes: 1, ..Ends::default() });

    // A breaker that exists keeps its configuration, and nothing conflicts with it.
    Registry::global().get_or_create("made-before", tripping().build().expect("valid"));
    let client = crate::rig::client(CircuitBreakerMiddleware::new("made-before"));
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 500);
    assert_eq!(Registry::global().get("made-before").expect("made").state(), State::Open);
    assert!(Registry::global().conflicts().is_empty());
}

#[tokio::test]
async fn a_function_of_the_request_selects_a_breaker_for_each_host() {
    let (broken, healthy) = (Server::answering([500]).await, Server::answering([200]).await);
    let (down, up) = (rig(), rig());
    let (port, breakers) = (broken.address().port(), [down.breaker.clone(), up.breaker.clone()]);
    let client = client(CircuitBreakerMiddleware::select(move |request: &Request| {
        breakers[usize::from(request.url().port() != Some(port))].clone()
    }));
    assert_eq!(client.get(broken.url()).send().await.expect("a response").status(), 500);
    let error = client.get(broken.url()).send().await.expect_err("a rejection");
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!(client.get(healthy.url()).send().await.expect("a response").status(), 200);
    assert_eq!(down.ends(), Ends { failures: 1, rejections: 1, ..Ends::default() });
    assert_eq!(up.ends(), Ends { successes: 1, ..Ends::default() });
}

#[tokio::test]
async fn clients_share_the_breaker_of_a_middleware_and_its_clones() {
    let rig = rig();
    let server = Server::answering([500]).await;
    let middleware = rig.middleware();
    assert_eq!(client(middleware.clone()).get(server.url()).send().await.expect("a response").status(), 500);
    assert!(client(middleware).get(server.url()).send().await.is_err());
    assert_eq!((rig.ends(), server.requests()), (Ends { failures: 1, rejections: 1, ..Ends::default() }, 1));
}

/// Panics before it returns its future: written without `async_trait`, which would run nothing before a poll.
struct Panics;

impl Middleware for Panics {
    fn handle<'s, 'e, 'n, 'f>(
        &'s self,
        _: Request,
        _: &'e mut Extensions,
        _: Next<'n>,
    ) -> Pin<Box<dyn Future<Output = reqwest_middleware::Result<Response>> + Send + 'f>>
    where
        Self: 'f,
        's: 'f,
        'e: 'f,
        'n: 'f,
    {
        panic!("in a middleware")
    }
}

#[tokio::test]
async fn a_panic_inside_is_a_failure_and_one_that_selects_is_none() {
    let rig = rig();
    let inside = ClientBuilder::new(plain()).with(rig.middleware()).with(Panics).build();
    let panic = tokio::spawn(inside.get("http://127.0.0.1:1/").send()).await.expect_err("a panic");
    assert!(panic.is_panic());
    // It has opened the circuit, and the middleware inside of the breaker doesn't run.
    let error = inside.get("http://127.0.0.1:1/").send().await.expect_err("a rejection");
    assert!(rejection(&error).is_some(), "{error:?}");
    let ends = Ends { failures: 1, rejections: 1, ..Ends::default() };
    assert_eq!(rig.ends(), ends);

    let breaker = rig.breaker.clone();
    let selects = client(CircuitBreakerMiddleware::select(move |request: &Request| {
        assert!(request.url().host_str() == Some("quotes.internal"), "no breaker");
        breaker.clone()
    }));
    let panic = tokio::spawn(selects.get("http://127.0.0.1:1/").send()).await.expect_err("a panic");
    assert!(panic.is_panic());
    assert_eq!(rig.ends(), ends);
}

#[test]
fn debug_names_the_breaker() {
    let breaker = CircuitBreaker::new("shown", Config::default());
    assert!(format!("{:?}", CircuitBreakerMiddleware::with(breaker.clone())).contains("shown"));
    let select = CircuitBreakerMiddleware::select(move |_: &Request| breaker.clone());
    assert_eq!(
        format!("{select:?}"),
        "CircuitBreakerMiddleware { breaker: \"by request\", classifier: Http(Http { cooldown: false, \
         throttling_is_failure: false }) }"
    );
}
