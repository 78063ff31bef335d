//! The breaker's errors as gRPC statuses.

use std::sync::{Arc, OnceLock};

use breaker_core::CircuitBreakerError;
use tonic::{Code, Status};

/// The breaker's error, with the status for generated clients. The status is created when it is first asked for,
/// because other clients don't need it, and it allocates.
#[derive(Debug)]
pub(crate) struct Refused {
    error: CircuitBreakerError,
    status: OnceLock<Status>,
}

impl Refused {
    pub(crate) fn new(error: CircuitBreakerError) -> Self {
        Self { error, status: OnceLock::new() }
    }

    pub(crate) fn error(&self) -> &CircuitBreakerError {
        &self.error
    }

    pub(crate) fn into_error(self) -> CircuitBreakerError {
        self.error
    }

    pub(crate) fn status(&self) -> &Status {
        self.status.get_or_init(|| {
            let code = if self.error.is_timeout() { Code::DeadlineExceeded } else { Code::Unavailable };
            let mut status = Status::new(code, self.error.to_string());
            status.set_source(Arc::new(self.error.clone()));
            status
        })
    }
}
