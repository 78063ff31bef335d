//! The interceptor.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
    InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, OverriddenHooks};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, Outcome, Registry};
use breaker_tower::Http;

use crate::held::{Held, Owner};
use crate::outcome::Ended;

type Judge = dyn Fn(&InterceptorContext) -> Option<Outcome> + Send + Sync;

/// Puts a circuit breaker around the operations of a client of the AWS SDK, or around each of their attempts
/// ([`per_attempt`](Self::per_attempt)).
///
/// Give it to the client's `config::Builder::interceptor`:
///
/// ```
/// use breaker_aws::CircuitBreakerInterceptor;
/// # /// `aws_sdk_s3::config::Builder` has this method, as those of all other clients do.
/// # struct Builder;
/// # impl Builder {
/// #     fn interceptor(self, _: impl aws_smithy_runtime_api::client::interceptors::Intercept + 'static) -> Self { self }
/// # }
/// # let config = Builder;
///
/// // `config` is an `aws_sdk_s3::config::Builder`.
/// let config = config.interceptor(CircuitBreakerInterceptor::new("photos"));
/// # drop(config);
/// ```
///
/// # What counts
///
/// - A call is an operation with all its attempts. It is admitted before anything else happens, and a rejection is not
///   retried. The call ends when the SDK returns its output or its error. See the [crate's documentation](crate) for what errors
///   count as.
/// - An operation whose future is dropped is abandoned, and gives its permit back.
/// - The body of a streaming output, such as that of `GetObject`, is the caller's: the call has ended, and an error of
///   the body isn't counted.
/// - A request that is only signed (presigned) is ignored. An open circuit rejects it, too.
///
/// # Timeouts
///
/// An interceptor can't cancel the operation, so the breaker's `request_timeout` does not apply by itself: give the
/// client the [`timeouts`](Self::timeouts) that it asks for.
pub struct CircuitBreakerInterceptor {
    breaker: CircuitBreaker,
    rules: Http,
    judge: Option<Arc<Judge>>,
    is_per_attempt: bool,
}

impl CircuitBreakerInterceptor {
    /// Uses the breaker of this service in [`Registry::global`], which is looked up once, here. If no code has named
    /// the service yet, its breaker is created with the default configuration, which files and variables can change. To
    /// configure it in code, call [`Registry::get_or_create`] before: a later one doesn't change the breaker, and
    /// [`Registry::conflicts`] reports it.
    #[track_caller]
    pub fn new(service: &str) -> Self {
        Self::with(Registry::global().get_or_default(service, Config::default()))
    }

    /// Uses this breaker.
    pub fn with(breaker: CircuitBreaker) -> Self {
        Self { breaker, rules: Http::new(), judge: None, is_per_attempt: false }
    }

    /// Makes each attempt a call: one HTTP request, with the resolution of its credentials and its signature.
    ///
    /// The breaker then sees the status of each attempt, not only that of the last one, opens after fewer operations,
    /// and ends the retries of operations that run when it opens. The waits between attempts don't count as time of
    /// the call.
    #[must_use]
    pub fn per_attempt(self) -> Self {
        Self { is_per_attempt: true, ..self }
    }

    /// Opens the circuit for as long as a throttled response or a 503 asks its client to wait, by `Retry-After`,
    /// `x-amz-retry-after` or `retry-after-ms`, at most for `open_timeout_max`. See [`Http::cooldown`].
    #[must_use]
    pub fn cooldown(self) -> Self {
        Self { rules: self.rules.cooldown(), ..self }
    }

    /// Counts throttling as a failure: 429, and the error codes that the client knows as throttling. See
    /// [`Http::throttling_is_failure`].
    #[must_use]
    pub fn throttling_is_failure(self) -> Self {
        Self { rules: self.rules.throttling_is_failure(), ..self }
    }

    /// Decides outcomes that the built-in rules don't know. The rules apply where `judge` returns `None`. It runs at
    /// the end of each call, so it should be fast.
    ///
    /// ```
    /// use breaker_aws::CircuitBreakerInterceptor;
    /// use breaker_core::Outcome;
    ///
    /// // All callers have the same rights, so 403 means wrong credentials.
    /// let interceptor = CircuitBreakerInterceptor::new("archive").classify(|context| {
    ///     let status = context.response()?.status();
    ///     (status.as_u16() == 403).then_some(Outcome::Failure)
    /// });
    /// # drop(interceptor);
    /// ```
    ///
    /// An error of a service is in `context.output_or_error()`: `as_operation_error` returns it without its type, and
    /// `downcast_ref` finds, for example, an `aws_sdk_s3::operation::get_object::GetObjectError`.
    #[must_use]
    pub fn classify<F>(self, judge: F) -> Self
    where
        F: Fn(&InterceptorContext) -> Option<Outcome> + Send + Sync + 'static,
    {
        Self { judge: Some(Arc::new(judge)), ..self }
    }

    /// Returns timeouts for the client's `config::Builder::timeout_config`: the breaker's present `request_timeout`, for
    /// operations or, with [`per_attempt`](Self::per_attempt), for each attempt. The other timeouts keep the SDK's
    /// defaults. Without a `request_timeout`, all do.
    ///
    /// An operation that the SDK ends by a timeout is a failure. Its error is `SdkError::TimeoutError`.
    ///
    /// ```
    /// use breaker_aws::CircuitBreakerInterceptor;
    /// use breaker_core::{CircuitBreaker, Config};
    /// use std::time::Duration;
    ///
    /// let interceptor = CircuitBreakerInterceptor::with(CircuitBreaker::new("films", Config::s3()));
    /// assert_eq!(interceptor.timeouts().operation_timeout(), Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn timeouts(&self) -> TimeoutConfig {
        let timeouts = TimeoutConfig::builder();
        let timeouts = match self.breaker.config().request_timeout() {
            Some(timeout) if self.is_per_attempt => timeouts.operation_attempt_timeout(timeout),
            Some(timeout) => timeouts.operation_timeout(timeout),
            None => timeouts,
        };
        timeouts.build()
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    fn begin(&self, cfg: &mut ConfigBag) -> Result<(), BoxError> {
        match self.breaker.try_acquire_idle() {
            Ok(permit) => {
                Held::keep(Owner::of(self), permit, cfg);
                Ok(())
            }
            Err(rejection) => Err(CircuitBreakerError::from(rejection).into()),
        }
    }

    fn end(&self, context: &InterceptorContext, components: &RuntimeComponents, cfg: &mut ConfigBag) {
        let Some(permit) = Held::take(Owner::of(self), cfg) else { return };
        let judged = self.judge.as_ref().and_then(|judge| judge(context));
        let ended = Ended { context, components, cfg, is_attempt: self.is_per_attempt };
        permit.record(judged.unwrap_or_else(|| ended.outcome(self.rules)));
    }
}

impl Intercept for CircuitBreakerInterceptor {
    fn name(&self) -> &'static str {
        "CircuitBreakerInterceptor"
    }

    // Without it, the SDK looks up for each of its 19 hooks whether the interceptor is disabled, which takes longer than
    // the breaker. It is hidden in the trait's documentation, but the SDK's clients contain it, so it stays.
    fn overridden_hooks(&self) -> OverriddenHooks {
        if self.is_per_attempt {
            OverriddenHooks::READ_BEFORE_ATTEMPT | OverriddenHooks::READ_AFTER_ATTEMPT
        } else {
            OverriddenHooks::READ_BEFORE_EXECUTION | OverriddenHooks::READ_AFTER_EXECUTION
        }
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.is_per_attempt { Ok(()) } else { self.begin(cfg) }
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.is_per_attempt { self.begin(cfg) } else { Ok(()) }
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.is_per_attempt {
            self.end(context.inner(), components, cfg);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.is_per_attempt {
            self.end(context.inner(), components, cfg);
        }
        Ok(())
    }
}

impl fmt::Debug for CircuitBreakerInterceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerInterceptor")
            .field("breaker", &self.breaker)
            .field("rules", &self.rules)
            .field("is_per_attempt", &self.is_per_attempt)
            .finish_non_exhaustive()
    }
}
