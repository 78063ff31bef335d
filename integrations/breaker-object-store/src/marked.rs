//! Errors that are not the store's.

use std::error::Error as StdError;
use std::fmt;

use object_store::Error;

/// An error of the caller's locations, on its way through the store.
#[derive(Debug)]
struct FromCaller(Error);

impl fmt::Display for FromCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for FromCaller {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

pub(crate) fn marked(error: Error) -> Error {
    Error::Generic { store: "", source: Box::new(FromCaller(error)) }
}

pub(crate) fn unmarked(error: Error) -> Error {
    match error {
        Error::Generic { store, source } => match source.downcast::<FromCaller>() {
            Ok(error) => error.0,
            Err(source) => Error::Generic { store, source },
        },
        error => error,
    }
}

pub(crate) fn is_from_caller(error: &Error) -> bool {
    matches!(error, Error::Generic { source, .. } if source.is::<FromCaller>())
}
