//! A guarded operation allocates only what the SDK asks for. In a binary of its own, because of its allocator.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_aws::CircuitBreakerInterceptor;
use breaker_core::{CircuitBreaker, Config, Mode};

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

/// Answers at once.
#[derive(Debug)]
struct Ready;

impl HttpConnector for Ready {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

/// An interceptor that keeps a number for the operation: the least that one with a state can do.
#[derive(Debug)]
struct Least;

#[derive(Debug)]
struct Number(#[expect(dead_code, reason = "it is only kept")] u64);

impl Storable for Number {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Least {
    fn name(&self) -> &'static str {
        "Least"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Number(1));
        Ok(())
    }
}

fn operation() -> OperationBuilder<(), (), Infallible> {
    Operation::builder()
        .service_name("allocations")
        .operation_name("Ping")
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Ready)))
        .endpoint_url("http://localhost/")
        .no_auth()
        .no_retry()
        .timeout_config(TimeoutConfig::disabled())
        .serializer(|()| Ok(HttpRequest::new(SdkBody::empty())))
        .deserializer(|_| Ok::<(), OrchestratorError<Infallible>>(()))
}

/// Returns the allocations of 100 operations, after five to warm up.
fn allocations(operation: OperationBuilder<(), (), Infallible>) -> u64 {
    let operation = operation.build();
    let run = || now(async { drop(operation.invoke(()).await) });
    (0..5).for_each(|_| run());
    let before = counting::made();
    (0..100).for_each(|_| run());
    counting::made() - before
}

fn now(future: impl Future<Output = ()>) {
    assert_eq!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()));
}

#[test]
fn an_operation_allocates_what_the_state_of_an_interceptor_takes() {
    let breaker = CircuitBreaker::new("allocations", Config::default());
    let interceptor = || CircuitBreakerInterceptor::with(breaker.clone());
    let least = allocations(operation().interceptor(Least));
    assert_eq!(allocations(operation().interceptor(interceptor())), least);
    assert_eq!(allocations(operation().interceptor(interceptor().per_attempt())), least);
    assert_eq!(breaker.metrics().successes, 210);
    // The value in the operation's configuration, and the function that formats it.
    let plain = allocations(operation());
    assert_eq!(least - plain, 200);

    breaker.set_mode(Mode::ForcedOpen);
    let rejected = allocations(operation().interceptor(interceptor()));
    assert!(rejected < plain, "{rejected}, where an operation that runs makes {plain}");
}
