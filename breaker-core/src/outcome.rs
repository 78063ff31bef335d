//! What the end of a call means to the circuit, and who says so.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::nanos;
use crate::engine::ticket::End;

/// How the end of a call counts. More outcomes may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The service answered.
    Success,
    /// The service failed.
    Failure,
    /// Says nothing about the service: it counts nowhere in the window and breaks no streak.
    Ignore,
    /// A failure that opens the circuit at once and for this long, at most `open_timeout_max`; for a `Retry-After`.
    OpenFor(Duration),
}

impl Outcome {
    /// The default: `Ok` is a success, `Err` a failure.
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

    /// True for a failure, also for one that opens the circuit at once.
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

/// Says what a result means to the circuit: for types that keep a classifier, as a layer or a client does. What takes one
/// for a single call (`call_classified`, the attribute's `classify`) takes a closure or a function instead.
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
    /// The outcome of a call that gave this.
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

/// The classifier that everything has by default: `Ok` is a success, `Err` a failure. As a function, [`Outcome::of`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByResult;

impl<T, E> Classify<Result<T, E>> for ByResult {
    #[inline]
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        Outcome::of(result)
    }
}

/// A closure or a function as a classifier: see [`classify_fn`].
#[derive(Clone, Copy)]
pub struct ClassifyFn<F>(F);

/// Makes a classifier of a closure or a function.
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

/// A closure or a function over errors as a classifier: see [`classify_error`].
#[derive(Clone, Copy)]
pub struct ClassifyError<F>(F);

/// Makes a classifier of what says which errors are failures. It judges results with any `Ok`, which are successes.
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
