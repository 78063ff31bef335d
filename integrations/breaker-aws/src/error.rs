//! The breaker's error, inside the errors of the SDK.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;

use breaker_core::{CircuitBreakerError, Rejection, RejectionReason};

/// Returns the error and all errors that caused it, from the outermost to the innermost one.
///
/// [`io::Error`] is transparent: its `source` is that of the error it holds. Here, it is followed by that error itself.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> + use<'a> {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|error| error as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// Returns the breaker's error, if a breaker rejected the operation. It is found in the `SdkError` of every client, and
/// in errors that have one as a source.
///
/// Its text is complete: that of an `SdkError` alone is only "dispatch failure".
#[must_use]
pub fn breaker_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CircuitBreakerError> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// Returns the rejection, if a breaker rejected the operation. Don't repeat it before
/// [`retry_after`](Rejection::retry_after).
///
/// By default, a rejected operation has sent nothing. With
/// [`per_attempt`](crate::CircuitBreakerInterceptor::per_attempt), earlier attempts may have been sent.
///
/// ```
/// use breaker_core::Rejection;
///
/// /// What a service answers to its own clients when an operation of S3 has failed.
/// fn status_of(error: &(dyn std::error::Error + 'static)) -> (u16, Option<u64>) {
///     match breaker_aws::rejection(error) {
///         Some(rejection) => (503, rejection.retry_after.map(|wait| wait.as_secs() + 1)),
///         None => (502, None),
///     }
/// }
/// # assert_eq!(status_of(&std::fmt::Error), (502, None));
/// # let rejection = Rejection::new("photos", breaker_core::RejectionReason::Open);
/// # assert_eq!(status_of(&breaker_core::CircuitBreakerError::from(rejection)), (503, None));
/// ```
#[must_use]
pub fn rejection<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Rejection> {
    match breaker_error(error)? {
        CircuitBreakerError::Rejected(rejection) => Some(rejection),
        _ => None,
    }
}

/// Whether a breaker, of this crate or of another one, has rejected the call.
pub(crate) fn is_rejection(error: &(dyn StdError + 'static)) -> bool {
    // The last source of every rejection.
    chain(error).any(<dyn StdError>::is::<RejectionReason>)
}
