//! What the interceptor costs an operation that is admitted, and one that is rejected. The HTTP client answers at once.
//!
//! `cargo run --release -p breaker-aws --example interceptor_cost`

use std::convert::Infallible;
use std::time::{Duration, Instant};

use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_aws::CircuitBreakerInterceptor;
use breaker_core::{CircuitBreaker, Config, Mode};

const ROUNDS: u32 = 2_000;

type Ping = Operation<(), (), Infallible>;

/// Answers at once.
#[derive(Debug)]
struct Ready;

impl HttpConnector for Ready {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

/// An interceptor that does nothing.
#[derive(Debug)]
struct Idle;

impl Intercept for Idle {
    fn name(&self) -> &'static str {
        "Idle"
    }
}

fn operation() -> OperationBuilder<(), (), Infallible> {
    Operation::builder()
        .service_name("cost")
        .operation_name("Ping")
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Ready)))
        .endpoint_url("http://localhost/")
        .no_auth()
        .no_retry()
        .timeout_config(TimeoutConfig::disabled())
        .serializer(|()| Ok(HttpRequest::new(SdkBody::empty())))
        .deserializer(|_| Ok::<(), OrchestratorError<Infallible>>(()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let breaker = CircuitBreaker::new("cost", Config::default());
    let guarded = operation().interceptor(CircuitBreakerInterceptor::with(breaker.clone())).build();
    let attempts = operation().interceptor(CircuitBreakerInterceptor::with(breaker.clone()).per_attempt()).build();
    let times = best([&operation().build(), &operation().interceptor(Idle).build(), &guarded, &attempts]).await;
    let [plain, idle, guarded_time, attempts_time] = times;
    println!("an operation alone:             {plain:?}");
    println!("with an interceptor that does nothing: {idle:?} (+{:?})", idle.saturating_sub(plain));
    println!("with a breaker:                 {guarded_time:?} (+{:?})", guarded_time.saturating_sub(plain));
    println!("with a breaker, per attempt:    {attempts_time:?} (+{:?})", attempts_time.saturating_sub(plain));
    breaker.set_mode(Mode::ForcedOpen);
    let [rejected] = best([&guarded]).await;
    println!("rejected:                       {rejected:?}");
}

/// Returns the time of one call of each operation: the best of several rounds, which alternate.
async fn best<const N: usize>(operations: [&Ping; N]) -> [Duration; N] {
    let mut best = [Duration::MAX; N];
    for _ in 0..100 {
        for (operation, best) in operations.iter().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                drop(operation.invoke(()).await);
            }
            *best = (*best).min(start.elapsed() / ROUNDS);
        }
    }
    best
}
