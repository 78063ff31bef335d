//! Outcomes of calls, and the classifiers that decide them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::nanos;
use crate::engine::ticket::End;

/// Outcome of a call: how it counts. Later versions may add outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The call succeeded.
    Success,
    /// The call failed.
    Failure,
    /// The result carries no information about the service: it is not in the window, and doesn't reset consecutive
    /// failures.
    Ignore,
    /// The call failed, and the circuit opens at once for this duration, at most `open_timeout_max`. Use it for
    /// `Retry-After`.
    OpenFor(Duration),
}

impl Outcome {
    /// Returns the default outcome: `Ok` is a success, `Err` a failure.
    ///
    /// ```
    /// use breaker_core::{Outcome, Registry, circuit_breaker};
    ///
    /// #[circuit_breaker(service = "parser", classify = Outcome::of, map_error = |error| error.to_string())]
    /// fn parse(text: &str) -> Result<u32, String> {
    ///     text.parse().map_err(|_| format!("{text} is no number"))
    /// }
    ///
    /// assert_eq!((parse("7"), parse("x").is_err()), (Ok(7), true));
    /// let metrics = Registry::global().get("parser").unwrap().metrics();
    /// assert_eq!((metrics.successes, metrics.failures), (1, 1));
    /// ```
    #[inline]
    #[must_use]
    pub const fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Success } else { Self::Failure }
    }

    /// Whether this is a failure, including [`OpenFor`](Self::OpenFor).
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::OpenFor(_))
    }
}

impl From<Outcome> for End {
    #[inline]
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Failure => Self::Failure,
            Outcome::Ignore => Self::Ignored,
            Outcome::OpenFor(duration) => Self::OpenFor(nanos(duration)),
        }
    }
}

/// Decides the outcome of a result. For types that store a classifier, such as a middleware layer or a client. APIs
/// that classify a single call (`call_classified`, the attribute's `classify`) take a closure or a function instead.
///
/// ```
/// use breaker_core::{Classify, Outcome, classify_fn};
///
/// struct Client<C> {
///     classifier: C,
/// }
///
/// impl<C: Classify<Result<u16, String>>> Client<C> {
///     fn judge(&self, status: u16) -> Outcome {
///         self.classifier.classify(&Ok(status))
///     }
/// }
///
/// let client = Client {
///     classifier: classify_fn(|result: &Result<u16, String>| match result {
///         Ok(500..) | Err(_) => Outcome::Failure,
///         Ok(_) => Outcome::Success,
///     }),
/// };
/// assert_eq!((client.judge(200), client.judge(503)), (Outcome::Success, Outcome::Failure));
/// ```
pub trait Classify<R: ?Sized> {
    /// Returns the outcome of a call with this result.
    fn classify(&self, result: &R) -> Outcome;
}

impl<R: ?Sized, C: Classify<R> + ?Sized> Classify<R> for &C {
    #[inline]
    fn classify(&self, result: &R) -> Outcome {
        (**self).classify(result)
    }
}

impl<R: ?Sized, C: Classify<R> + ?Sized> Classify<R> for Arc<C> {
    #[inline]
    fn classify(&self, result: &R) -> Outcome {
        (**self).classify(result)
    }
}

impl<R: ?Sized, C: Classify<R> + ?Sized> Classify<R> for Box<C> {
    #[inline]
    fn classify(&self, result: &R) -> Outcome {
        (**self).classify(result)
    }
}

/// The default classifier: `Ok` is a success, `Err` a failure. The function with the same meaning is [`Outcome::of`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByResult;

impl<T, E> Classify<Result<T, E>> for ByResult {
    #[inline]
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        Outcome::of(result)
    }
}

/// A classifier made from a closure or a function by [`classify_fn`].
#[derive(Clone, Copy)]
pub struct ClassifyFn<F>(F);

/// Creates a classifier from a closure or a function.
#[inline]
pub const fn classify_fn<R: ?Sized, F: Fn(&R) -> Outcome>(classify: F) -> ClassifyFn<F> {
    ClassifyFn(classify)
}

impl<R: ?Sized, F: Fn(&R) -> Outcome> Classify<R> for ClassifyFn<F> {
    #[inline]
    fn classify(&self, result: &R) -> Outcome {
        (self.0)(result)
    }
}

/// A classifier made from a closure or a function over errors by [`classify_error`].
#[derive(Clone, Copy)]
pub struct ClassifyError<F>(F);

/// Creates a classifier from a closure or a function that decides the outcome of an error. `Ok`, of any type, is a
/// success.
///
/// ```
/// use breaker_core::{Classify, Outcome, classify_error};
/// use std::io::{Error, ErrorKind};
///
/// let by_kind = classify_error(|error: &Error| match error.kind() {
///     ErrorKind::NotFound => Outcome::Ignore,
///     _ => Outcome::Failure,
/// });
/// assert_eq!(by_kind.classify(&Ok::<u32, Error>(1)), Outcome::Success);
/// assert_eq!(by_kind.classify(&Err::<String, _>(Error::from(ErrorKind::NotFound))), Outcome::Ignore);
/// ```
#[inline]
pub const fn classify_error<E: ?Sized, F: Fn(&E) -> Outcome>(classify: F) -> ClassifyError<F> {
    ClassifyError(classify)
}

impl<T, E, F: Fn(&E) -> Outcome> Classify<Result<T, E>> for ClassifyError<F> {
    #[inline]
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        result.as_ref().map_or_else(&self.0, |_| Outcome::Success)
    }
}

impl<F> fmt::Debug for ClassifyError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClassifyError")
    }
}

impl<F> fmt::Debug for ClassifyFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClassifyFn")
    }
}
