//! Converts errors that a test injects to the error type of the function.

#[cfg(feature = "test-util")]
use std::any::{Any, type_name};
#[cfg(not(feature = "test-util"))]
use std::marker::PhantomData;

use crate::call::{Ended, ErrorMaker};
use crate::permit::BorrowedPermit;

#[cfg(feature = "test-util")]
type Downcast<E> = fn(Box<dyn Any>) -> Option<E>;

/// Converts an injected error to `E`, if that is possible.
///
/// It is covariant in `E`: a value for `E<'static>` is one for every `E<'a>`. So a function whose error borrows, even
/// if its tokens don't show it, needs no `'static` bound.
#[derive(Debug)]
pub struct Injected<E> {
    #[cfg(feature = "test-util")]
    downcast: Option<Downcast<E>>,
    #[cfg(not(feature = "test-util"))]
    none: PhantomData<fn() -> E>,
}

/// Creates one for an error type that is known, except for its lifetimes, where the function is written.
#[cfg(feature = "test-util")]
#[inline]
#[must_use]
pub fn injectable<E: 'static>() -> Injected<E> {
    Injected { downcast: Some(|error| error.downcast().ok().map(|error| *error)) }
}

/// Without `test-util`, nothing is injected.
#[cfg(not(feature = "test-util"))]
#[inline]
#[must_use]
pub fn injectable<E>() -> Injected<E> {
    not_injectable()
}

/// Creates one for an error type that may be generic, or borrow without being covariant. Injection panics there.
#[inline]
#[must_use]
pub fn not_injectable<E>() -> Injected<E> {
    #[cfg(feature = "test-util")]
    return Injected { downcast: None };
    #[cfg(not(feature = "test-util"))]
    Injected { none: PhantomData }
}

impl<E> Injected<E> {
    /// Returns the end of a call whose body returned this error.
    #[cfg(feature = "test-util")]
    #[expect(clippy::needless_pass_by_value, reason = "as without `test-util`")]
    pub(super) fn done<'a, T>(&self, error: ErrorMaker, permit: BorrowedPermit<'a>) -> Ended<'a, Result<T, E>> {
        let (made, service, expected) = (error.made(), permit.breaker().service(), type_name::<E>());
        let guard = permit.guard();
        let Some(downcast) = self.downcast else {
            panic!(
                "`Fault::error` for `{service}` makes a `{made}`, but the error type of a function, `{expected}`, borrows or is generic: no error can be injected there"
            )
        };
        let Some(error) = downcast(error.make()) else {
            panic!("`Fault::error` for `{service}` makes a `{made}`, but the error type of a function is `{expected}`")
        };
        Ended::Done(Err(error), guard.end())
    }

    /// Without `test-util`, nothing is injected.
    #[cfg(not(feature = "test-util"))]
    #[expect(clippy::unused_self, reason = "as with `test-util`")]
    #[inline]
    pub(super) fn done<'a, T>(&self, error: ErrorMaker, _: BorrowedPermit<'a>) -> Ended<'a, Result<T, E>> {
        match error {}
    }
}
