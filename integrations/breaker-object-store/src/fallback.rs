//! The store that answers while the first one can't.

use std::sync::Arc;

use object_store::{Error, ObjectStore, Result};

use crate::guard::Guard;

/// Another store, and whether it takes writes, too.
#[derive(Clone, Debug)]
pub(crate) struct Fallback {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) takes_writes: bool,
}

impl Guard {
    /// Counts what the fallback returned in place of this error, and returns what the caller gets. The fallback's own
    /// error says nothing about the object in the first store: its `NotFound` may be a copy that isn't made yet.
    pub(crate) fn answered<T>(&self, error: Error, result: Result<T>) -> Result<T> {
        let is_answer = matches!(result, Ok(_) | Err(Error::NotModified { .. }));
        self.breaker().count_fallback(is_answer);
        if is_answer { result } else { Err(error) }
    }
}
