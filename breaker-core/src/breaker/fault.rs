//! Faults that a test injects in place of the bodies of annotated functions. Feature `test-util`.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A fault that [`Scope::inject`](crate::Scope::inject) injects into the calls of a service's annotated functions, in
/// place of their bodies. See there for an example.
///
/// The breaker still rejects calls. A call with an injected fault counts like any other. If a function creates and
/// returns a future, the code that creates the future runs, but the future is not polled.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    /// For how many more calls; `None`: until it is removed.
    left: Option<u32>,
}

/// What happens to one call.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The body runs after this time.
    Latency(Duration),
    Timeout,
    Error(ErrorMaker),
}

impl Fault {
    /// Delays the body by this time, by the clock of the scope. A `request_timeout` may end the call before.
    ///
    /// A plain `fn` advances a manual clock by this time. It can't wait for another clock, such as tokio's paused time.
    ///
    /// # Panics
    /// A plain `fn` panics when it is called in a scope whose clock is not a manual one.
    #[must_use]
    pub const fn latency(latency: Duration) -> Self {
        Self::new(Effect::Latency(latency))
    }

    /// Times the call out immediately, without running the body: it ends with
    /// [`CircuitBreakerError::TimedOut`](crate::CircuitBreakerError::TimedOut) and counts as a failure and a timeout.
    /// The error has the `request_timeout` of the function or of the service.
    ///
    /// # Panics
    /// A call panics if the function is a plain `fn`, which can't time out, or if there is no `request_timeout`.
    #[must_use]
    pub const fn timeout() -> Self {
        Self::new(Effect::Timeout)
    }

    /// Ends the call with an error, which `error` creates for each call. The body is not run. The error is treated like
    /// one of the body: `failure_if`, `ignore_if` and `classify` apply, and it goes to the fallback or the caller.
    ///
    /// # Panics
    /// A call panics if the function's error has another type, or a type that can't be known: one that borrows under a
    /// written lifetime (`StoreError<'a>`), or is generic (a type parameter, `impl Trait`, `Self::Error`).
    ///
    /// # Type parameters of an `impl`
    /// The attribute doesn't see the `impl` around a method. It takes a name of one letter, with or without a digit,
    /// for a type parameter of that `impl`. With the feature `test-util`, a method that returns `Result<T, Failure>`,
    /// where `Failure` is a parameter of the `impl`, doesn't compile ("the parameter type `Failure` may not live long
    /// enough"): name it `F`, or require `Failure: 'static`.
    #[must_use]
    pub fn error<E: 'static>(error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        let make = Arc::new(move || Box::new(error()) as Box<dyn Any>);
        Self::new(Effect::Error(ErrorMaker { make, made: type_name::<E>() }))
    }

    /// Limits the fault to the next `calls` calls.
    #[must_use]
    pub const fn times(mut self, calls: u32) -> Self {
        self.left = Some(calls);
        self
    }

    const fn new(effect: Effect) -> Self {
        Self { effect, left: None }
    }

    /// Returns the effect on the next call.
    fn next(&mut self) -> Option<Effect> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(self.effect.clone())
    }
}

/// Creates an error whose type is not known here.
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
    /// Replaces the fault, or removes it.
    pub(crate) fn put(&self, fault: Option<Fault>) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), fault);
        // Dropped outside the lock, because it may own a closure of the test.
        drop(before);
    }

    /// Returns the effect on the next call; `None` runs its body.
    pub(crate) fn next(&self) -> Option<Effect> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.next()
    }
}
