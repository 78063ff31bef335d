//! Logs errors that a fallback or a default value replaces, because the caller doesn't see them.

use std::fmt::Debug;

#[cfg(feature = "tracing")]
mod imp {
    use std::fmt::Debug;

    use tracing::Level;

    use crate::unwind::caught;

    /// An error as text, kept until its fallback has run; `None` if the log level is disabled.
    #[derive(Debug, Default)]
    pub(crate) struct ErrorText(Option<Box<str>>);

    impl ErrorText {
        #[inline(never)]
        pub(super) fn read(error: &dyn Debug) -> Self {
            let is_heard = || tracing::enabled!(target: "circuit_breaker", Level::DEBUG);
            let text = caught(|| is_heard().then(|| format!("{error:?}").into_boxed_str()));
            Self(text.flatten())
        }
    }

    pub(crate) fn fallback(service: &str, succeeded: bool, ErrorText(error): &ErrorText) {
        caught(|| {
            let error = error.as_deref().map(tracing::field::display);
            tracing::debug!(target: "circuit_breaker", service, succeeded, error, "fallback ran");
        });
    }

    #[inline(never)]
    pub(crate) fn degraded(service: &str, error: Option<&dyn Debug>) {
        let written = caught(|| log_degraded(service, error)).is_some();
        if !written && error.is_some() {
            // The `Debug` of the error may have panicked, so log without it.
            caught(|| log_degraded(service, None));
        }
    }

    fn log_degraded(service: &str, error: Option<&dyn Debug>) {
        let error = error.map(tracing::field::debug);
        tracing::debug!(target: "circuit_breaker", service, error, "degraded to the default value");
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    use std::fmt::Debug;

    #[derive(Debug, Default)]
    pub(crate) struct ErrorText;

    impl ErrorText {
        #[inline]
        pub(super) fn read(_: &dyn Debug) -> Self {
            Self
        }
    }

    #[inline]
    pub(crate) fn fallback(_: &str, _: bool, _: &ErrorText) {}

    #[inline]
    pub(crate) fn degraded(_: &str, _: Option<&dyn Debug>) {}
}

pub(crate) use imp::{ErrorText, degraded, fallback};

impl ErrorText {
    /// Returns the text of an error, if it implements `Debug`.
    #[inline]
    pub(crate) fn of(error: Option<&dyn Debug>) -> Self {
        error.map_or_else(Self::default, Self::read)
    }
}
