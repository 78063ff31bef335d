//! What the interceptor costs an operation that is admitted, and one that is rejected: for an operation of the SDK's runtime
//! that does nothing else, and for one of S3. The HTTP client answers at once.
//!
//! `cargo run --release --bin cost`

use std::convert::Infallible;
use std::future::Future;
use std::time::{Duration, Instant};

use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_aws::CircuitBreakerInterceptor;
use breaker_aws_with_sdk::{client, config};
use breaker_core::{CircuitBreaker, Config, Mode};

const ROUNDS: u32 = 2_000;

/// Answers at once.
#[derive(Debug)]
struct Ready;

impl HttpConnector for Ready {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

fn http() -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Ready);
    http_client_fn(move |_, _| connector.clone())
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
        .http_client(http())
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
    let interceptor = || CircuitBreakerInterceptor::with(breaker.clone());

    let operations = [
        operation().build(),
        operation().interceptor(Idle).build(),
        operation().interceptor(interceptor()).build(),
        operation().interceptor(interceptor().per_attempt()).build(),
    ];
    let times = best(|which| operations[which].invoke(())).await;
    print("an operation of the runtime", times);
    let s3 = || config(([127, 0, 0, 1], 1).into(), 1).http_client(http());
    let clients = [
        client(s3()),
        client(s3().interceptor(Idle)),
        client(s3().interceptor(interceptor())),
        client(s3().interceptor(interceptor().per_attempt())),
    ];
    let times = best(|which| clients[which].head_object().bucket("photos").key("dog.jpg").send()).await;
    print("HeadObject of S3", times);

    breaker.set_mode(Mode::ForcedOpen);
    let [.., operation, attempt] =
        best(|which| clients[which].head_object().bucket("photos").key("dog.jpg").send()).await;
    println!("rejected: {operation:?} as an operation, {attempt:?} as an attempt");
}

fn print(what: &str, [plain, idle, operation, attempt]: [Duration; 4]) {
    println!("{what}: {plain:?}");
    for (what, time) in
        [("an interceptor that does nothing", idle), ("a breaker", operation), ("a breaker per attempt", attempt)]
    {
        println!("  with {what}: {time:?} (+{:?})", time.saturating_sub(plain));
    }
}

/// Returns the time of one call of each kind: the best of many rounds, which alternate.
async fn best<T, F: Future<Output = T>>(call: impl Fn(usize) -> F) -> [Duration; 4] {
    let mut best = [Duration::MAX; 4];
    for _ in 0..50 {
        for (which, best) in best.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                drop(call(which).await);
            }
            *best = (*best).min(start.elapsed() / ROUNDS);
        }
    }
    best
}
