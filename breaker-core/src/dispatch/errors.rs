//! Whether an error can be shown in the log.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Deref;

/// Gives the error as something that can be shown, if it is.
pub type AsDebug<E> = fn(&E) -> Option<&dyn Debug>;

/// The errors of a result. `as_debug` is a method of two types, of which the compiler takes the first that fits: this one, if
/// the result has an error that is `Debug`; else that to which it derefs.
#[derive(Debug)]
pub struct ErrorsOf<R>(PhantomData<fn() -> R>);

/// Errors of which nothing is known.
#[derive(Debug)]
pub struct AnyErrors;

/// Those of this type of result.
#[inline]
#[must_use]
pub fn errors_of<R>() -> ErrorsOf<R> {
    ErrorsOf(PhantomData)
}

impl<T, E: Debug> ErrorsOf<Result<T, E>> {
    /// The error itself.
    #[expect(clippy::unused_self, reason = "the receiver is what the compiler chooses by")]
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
    /// Nothing.
    #[inline]
    pub fn as_debug<E>(&self) -> AsDebug<E> {
        |_| None
    }
}
