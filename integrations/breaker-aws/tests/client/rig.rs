//! A breaker on a manual clock, and operations that run as those of the SDK's clients do, over HTTP answers that a test gives.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::{ErrorKind, RetryConfig};
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_aws::CircuitBreakerInterceptor;
use breaker_core::{CircuitBreaker, Clock, Config, ManualClock};
use bytes::Bytes;
use http_body::{Body, Frame};

pub(crate) const OPEN: Duration = Duration::from_secs(30);

pub(crate) type Ping = Operation<(), u16, Failed>;

/// A breaker that opens at its second failure in a row, and closes at its first success.
pub(crate) fn breaker() -> (CircuitBreaker, ManualClock) {
    let (clock, hand) = Clock::manual();
    let config = Config::builder()
        .consecutive_failures(2)
        .success_threshold(1)
        .request_timeout(Duration::from_secs(20))
        .open_timeout(OPEN)
        .build()
        .expect("it is valid");
    (CircuitBreaker::with_clock("queue", config, clock), hand)
}

/// A breaker, and the service that its operations ask.
pub(crate) struct Rig {
    pub(crate) breaker: CircuitBreaker,
    pub(crate) hand: ManualClock,
    pub(crate) service: Service,
}

pub(crate) fn rig() -> Rig {
    let (breaker, hand) = breaker();
    Rig { breaker, hand, service: Service::default() }
}

impl Rig {
    pub(crate) fn interceptor(&self) -> CircuitBreakerInterceptor {
        CircuitBreakerInterceptor::with(self.breaker.clone())
    }

    /// An operation whose breaker admits it as a whole, without retries.
    pub(crate) fn once(&self) -> Ping {
        self.service.operation(1).interceptor(self.interceptor()).build()
    }

    /// One whose attempts the breaker admits, with up to this number of them.
    pub(crate) fn per_attempt(&self, attempts: u32) -> Ping {
        self.service.operation(attempts).interceptor(self.interceptor().per_attempt()).build()
    }

    /// How many calls succeeded, failed, were ignored, abandoned and rejected. None is in flight.
    pub(crate) fn ends(&self) -> [u64; 5] {
        ends(&self.breaker)
    }
}

pub(crate) fn ends(breaker: &CircuitBreaker) -> [u64; 5] {
    let metrics = breaker.metrics();
    assert_eq!(metrics.in_flight, 0, "{metrics:?}");
    [metrics.successes, metrics.failures, metrics.ignored, metrics.abandoned, metrics.rejections]
}

/// The service that operations ask. Without an answer from the test, it sends 200.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// With a header.
    With(u16, &'static str, &'static str),
    /// With an error code, as the clients know them.
    Code(u16, &'static str),
    /// The body breaks off.
    Broken(u16),
    /// The connection is refused.
    Refused,
    /// The HTTP client's own timeout.
    TooLate,
    /// The request is wrong.
    Unsendable,
    Never,
}

impl Service {
    pub(crate) fn then(&self, answer: Answer) -> &Self {
        self.0.lock().unwrap().answers.push_back(answer);
        self
    }

    pub(crate) fn times(&self, times: usize, answer: &Answer) -> &Self {
        self.0.lock().unwrap().answers.extend(vec![answer.clone(); times]);
        self
    }

    /// Returns how many requests were sent.
    pub(crate) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    /// An operation with up to this number of attempts.
    pub(crate) fn operation(&self, attempts: u32) -> OperationBuilder<(), u16, Failed> {
        let connector = SharedHttpConnector::new(self.clone());
        Operation::builder()
            .service_name("queue")
            .operation_name("Ping")
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .endpoint_url("http://localhost/")
            .no_auth()
            .standard_retry(&RetryConfig::standard().with_max_attempts(attempts))
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Failed>::new())
            .retry_classifier(Codes)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .timeout_config(TimeoutConfig::disabled())
            .serializer(|()| Ok(HttpRequest::new(SdkBody::empty())))
            .deserializer(read)
    }
}

impl HttpConnector for Service {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.0.lock().unwrap();
        script.asked += 1;
        let (status, header, body) = match script.answers.pop_front().unwrap_or(Answer::Status(200)) {
            Answer::Status(status) => (status, None, SdkBody::empty()),
            Answer::With(status, name, value) => (status, Some((name, value)), SdkBody::empty()),
            Answer::Code(status, code) => (status, Some(("x-code", code)), SdkBody::empty()),
            Answer::Broken(status) => (status, None, SdkBody::from_body_1_x(BrokenBody)),
            Answer::Refused => return failed(ConnectorError::io),
            Answer::TooLate => return failed(ConnectorError::timeout),
            Answer::Unsendable => return failed(ConnectorError::user),
            Answer::Never => return HttpConnectorFuture::new(pending()),
        };
        let mut response = HttpResponse::new(status.try_into().expect("a status"), body);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn failed(kind: fn(aws_smithy_runtime_api::box_error::BoxError) -> ConnectorError) -> HttpConnectorFuture {
    HttpConnectorFuture::ready(Err(kind("no connection".into())))
}

/// A modeled error of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service answered {}", self.status)
    }
}

impl std::error::Error for Failed {}

impl aws_smithy_types::retry::ProvideErrorKind for Failed {
    fn retryable_error_kind(&self) -> Option<ErrorKind> {
        None
    }

    fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

fn read(response: &HttpResponse) -> Result<u16, OrchestratorError<Failed>> {
    let (status, code) = (response.status().as_u16(), response.headers().get("x-code").map(str::to_owned));
    if response.status().is_success() && code.is_none() {
        return Ok(status);
    }
    Err(OrchestratorError::operation(Failed { status, code }))
}

/// Knows error codes, as the classifiers of the SDK's clients do.
#[derive(Debug)]
struct Codes;

impl ClassifyRetry for Codes {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let failed = error.as_operation_error().and_then(|error| error.downcast_ref::<Failed>());
        match failed.and_then(|failed| failed.code.as_deref()) {
            Some("Throttling") => RetryAction::throttling_error(),
            Some("InternalError") => RetryAction::server_error(),
            Some("RequestTimeout") => RetryAction::transient_error(),
            Some("Forbidden") => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "codes"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

struct BrokenBody;

impl Body for BrokenBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
