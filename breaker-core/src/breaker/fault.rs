//! What a test injects in place of the bodies of annotated functions. Feature `test-util`.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens to the calls of a service's annotated functions instead of what their bodies do: for
/// [`Scope::inject`](crate::Scope::inject), which has an example.
///
/// A breaker that rejects still rejects. A call into which a fault is injected counts like a real one. Of a function that
/// makes and returns a future, the future is not polled; the code that makes it runs.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    /// For how many calls; `None`: until it is removed.
    left: Option<u32>,
}

/// What becomes of one call.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The body runs after so long.
    Latency(Duration),
    Timeout,
    Error(ErrorMaker),
}

impl Fault {
    /// The body runs after this time, by the clock of the scope; a `request_timeout` may pass before.
    ///
    /// A plain `fn` moves a manual clock forward by this time. It can't wait for another clock, such as tokio's paused time.
    ///
    /// # Panics
    /// A plain `fn` panics when it is called in a scope whose clock is not a manual one.
    #[must_use]
    pub const fn latency(latency: Duration) -> Self {
        Self::new(Effect::Latency(latency))
    }

    /// The call ends as by its `request_timeout`, that of the function or of the service, but at once:
    /// [`CircuitBreakerError::TimedOut`](crate::CircuitBreakerError::TimedOut), counted as a failure and a timeout. The body
    /// is not run.
    ///
    /// # Panics
    /// A function panics when it is called if it is a plain `fn`, which can't time out, or if there is no `request_timeout`.
    #[must_use]
    pub const fn timeout() -> Self {
        Self::new(Effect::Timeout)
    }

    /// The call ends with this error, made anew for each call. The body is not run. `failure_if`, `ignore_if` and `classify`
    /// judge the error, and it goes to the fallback or the caller, as one of the body does.
    ///
    /// # Panics
    /// A function panics when it is called if its error is of another type, or if its type can't be known: it borrows under a
    /// written lifetime (`StoreError<'a>`), or is generic (a type parameter, `impl Trait`, `Self::Error`).
    ///
    /// # Type parameters of an `impl`
    /// The attribute doesn't see the `impl` around a method, and takes one letter, with or without a digit, for its type
    /// parameter. With the feature `test-util`, a method that returns `Result<T, Failure>`, where `Failure` is a parameter of the
    /// `impl`, doesn't compile ("the parameter type `Failure` may not live long enough"): name it `F`, or require
    /// `Failure: 'static`.
    #[must_use]
    pub fn error<E: 'static>(error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        let make = Arc::new(move || Box::new(error()) as Box<dyn Any>);
        Self::new(Effect::Error(ErrorMaker { make, made: type_name::<E>() }))
    }

    /// For the next `calls` calls only.
    #[must_use]
    pub const fn times(mut self, calls: u32) -> Self {
        self.left = Some(calls);
        self
    }

    const fn new(effect: Effect) -> Self {
        Self { effect, left: None }
    }

    /// What becomes of the next call.
    fn next(&mut self) -> Option<Effect> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(self.effect.clone())
    }
}

/// Makes an error whose type is not known here.
#[derive(Clone)]
pub struct ErrorMaker {
    make: Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>,
    made: &'static str,
}

impl ErrorMaker {
    /// Runs code of the test.
    pub(crate) fn make(&self) -> Box<dyn Any> {
        (self.make)()
    }

    /// The name of the error's type.
    pub(crate) fn made(&self) -> &'static str {
        self.made
    }
}

impl fmt::Debug for ErrorMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.made)
    }
}

/// The fault of one breaker, if there is one.
#[derive(Debug, Default)]
pub(crate) struct FaultSlot(Mutex<Option<Fault>>);

impl FaultSlot {
    /// Another one, or none, takes the place of the present one.
    pub(crate) fn put(&self, fault: Option<Fault>) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), fault);
        // Outside the lock: a closure of the test.
        drop(before);
    }

    /// What becomes of the next call, if not what its body does.
    pub(crate) fn next(&self) -> Option<Effect> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.next()
    }
}
