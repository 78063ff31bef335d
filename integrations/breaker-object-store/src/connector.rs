//! The breaker inside the retries of `object_store`'s clients.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use breaker_core::{CallError, CircuitBreaker, CircuitBreakerError, Classify, Config, Outcome, Registry};
use breaker_tower::Http;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};

use crate::error::{S3CircuitBreakerError, is_rejection};
use crate::guard::{permit_always, record_late};

/// Puts a circuit breaker around each HTTP request of a client of `object_store`: S3, Azure, Google Cloud and others. It stands
/// inside the client's retries, where it sees statuses and `Retry-After`, and its rejection ends the retries.
///
/// ```
/// use breaker_object_store::GuardedConnector;
/// use object_store::aws::AmazonS3Builder;
/// use object_store::client::ReqwestConnector;
///
/// let bucket = AmazonS3Builder::new()
///     .with_bucket_name("reports")
///     .with_http_connector(GuardedConnector::new("reports-bucket", ReqwestConnector::default()))
///     .build()?;
/// # drop(bucket);
/// # Ok::<(), object_store::Error>(())
/// ```
///
/// # What counts
///
/// - Each attempt is a call. Its outcome, response time and `request_timeout` are those of the response's headers (for an
///   upload, that includes sending it). What a status means is decided by [`Http`]: 5xx and broken connections are
///   failures, 429 and 408 are ignored, all others are successes.
/// - A body that breaks off is counted as a failed call of its own. So is one that the client reads again.
/// - The request that aborts a multipart upload is never rejected; where others are, it isn't counted.
/// - An error that S3 sends in the body of a 200 is not seen. The client retries it.
/// - Requests for credentials (of roles, from the machine's metadata) use the connector, too, and count.
///
/// A rejected request returns an `object_store::Error` in which
/// [`S3CircuitBreakerError::from_object_store`](crate::S3CircuitBreakerError::from_object_store) finds the rejection. The
/// client doesn't retry it. It does retry a request that was cut off by `request_timeout`, if it is safe to repeat.
pub struct GuardedConnector<C> {
    breaker: CircuitBreaker,
    rules: Http,
    connector: C,
}

impl<C> GuardedConnector<C> {
    /// Uses the breaker of this service in [`Registry::global`], which is looked up once, here. If no code has named
    /// the service yet, its breaker is created with the preset `s3` ([`Config::s3`]), which files and variables can
    /// change.
    #[track_caller]
    pub fn new(service: &str, connector: C) -> Self {
        Self::with(Registry::global().get_or_default(service, Config::s3()), connector)
    }

    /// Uses this breaker.
    pub fn with(breaker: CircuitBreaker, connector: C) -> Self {
        Self { breaker, rules: Http::new(), connector }
    }

    /// Decides what statuses mean, in place of [`Http::new`].
    ///
    /// ```
    /// use breaker_object_store::{GuardedConnector, Http};
    /// use object_store::client::ReqwestConnector;
    ///
    /// let rules = Http::new().cooldown().throttling_is_failure();
    /// let connector = GuardedConnector::new("thumbnails", ReqwestConnector::default()).classify(rules);
    /// # drop(connector);
    /// ```
    #[must_use]
    pub fn classify(self, rules: Http) -> Self {
        Self { rules, ..self }
    }

    /// Opens the circuit for as long as a 429 or 503 asks its client to wait. See [`Http::cooldown`].
    #[must_use]
    pub fn cooldown(self) -> Self {
        Self { rules: self.rules.cooldown(), ..self }
    }

    /// Counts a 429 as a failure. See [`Http::throttling_is_failure`].
    #[must_use]
    pub fn throttling_is_failure(self) -> Self {
        Self { rules: self.rules.throttling_is_failure(), ..self }
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }
}

impl<C: HttpConnector> HttpConnector for GuardedConnector<C> {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = self.connector.connect(options)?;
        Ok(HttpClient::new(GuardedService { breaker: self.breaker.clone(), rules: self.rules, client }))
    }
}

impl<C: fmt::Debug> fmt::Debug for GuardedConnector<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedConnector")
            .field("breaker", &self.breaker)
            .field("rules", &self.rules)
            .field("connector", &self.connector)
            .finish()
    }
}

/// A client whose requests ask the breaker.
#[derive(Debug)]
struct GuardedService {
    breaker: CircuitBreaker,
    rules: Http,
    client: HttpClient,
}

#[async_trait::async_trait]
impl HttpService for GuardedService {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_abortion = is_abortion(&request);
        let call = async { self.client.execute(request).await };
        let result = if is_abortion {
            let permit = permit_always(&self.breaker).map_err(|rejection| refused(rejection.into()))?;
            permit.run_classified(call, self).await
        } else {
            self.breaker.call_async_classified(call, |result| self.classify(result)).await
        };
        match result {
            Ok(response) if response.body().is_end_stream() => Ok(response),
            Ok(response) => Ok(response
                .map(|body| HttpResponseBody::new(Followed { breaker: self.breaker.clone(), body: Some(body) }))),
            Err(CallError::Inner(error)) => Err(error),
            Err(CallError::Breaker(error)) => Err(refused(error)),
        }
    }
}

impl Classify<Result<HttpResponse, HttpError>> for GuardedService {
    fn classify(&self, result: &Result<HttpResponse, HttpError>) -> Outcome {
        match result {
            Ok(response) if response.status().is_success() => Outcome::Success,
            Ok(response) => self.rules.outcome(response.status(), response.headers()),
            Err(error) => of_error(error),
        }
    }
}

/// Whether the request aborts a multipart upload of S3 or Google Cloud. Azure's uploads need no abortion.
fn is_abortion(request: &HttpRequest) -> bool {
    request.method().as_str() == "DELETE"
        && request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("uploadId=")))
}

fn of_error(error: &HttpError) -> Outcome {
    if is_rejection(error) { Outcome::Ignore } else { Outcome::Failure }
}

/// Of a kind that the client doesn't retry, if the request was rejected.
#[cold]
fn refused(error: CircuitBreakerError) -> HttpError {
    let kind = if error.is_timeout() { HttpErrorKind::Timeout } else { HttpErrorKind::Unknown };
    HttpError::new(kind, S3CircuitBreakerError::from(error))
}

/// The body of a response that was a success at its headers.
struct Followed {
    breaker: CircuitBreaker,
    /// `None` after an error.
    body: Option<HttpResponseBody>,
}

impl Body for Followed {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if let Some(Err(error)) = &frame {
            record_late(&self.breaker, of_error(error));
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
