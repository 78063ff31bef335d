//! Finds out whether an error implements `Debug`, for the log.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Deref;

/// Returns the error as `Debug`, if it implements that.
pub type AsDebug<E> = fn(&E) -> Option<&dyn Debug>;

/// The errors of a result. `as_debug` is a method of two types, and the compiler takes the first one that fits: the
/// method of this type if the result has an error that is `Debug`, otherwise that of its `Deref` target.
#[derive(Debug)]
pub struct ErrorsOf<R>(PhantomData<fn() -> R>);

/// Errors that may not implement `Debug`.
#[derive(Debug)]
pub struct AnyErrors;

/// Returns the errors of this type of result.
#[inline]
#[must_use]
pub fn errors_of<R>() -> ErrorsOf<R> {
    ErrorsOf(PhantomData)
}

impl<T, E: Debug> ErrorsOf<Result<T, E>> {
    /// Returns the error itself.
    #[expect(clippy::unused_self, reason = "the compiler selects the method by its receiver")]
    #[inline]
    pub fn as_debug(&self) -> AsDebug<E> {
        |error| Some(error)
    }
}

impl<R> Deref for ErrorsOf<R> {
    type Target = AnyErrors;

    #[inline]
    fn deref(&self) -> &AnyErrors {
        &AnyErrors
    }
}

impl AnyErrors {
    /// Returns `None`.
    #[inline]
    pub fn as_debug<E>(&self) -> AsDebug<E> {
        |_| None
    }
}
