//! Items that the cases share. The cases are in `cases/`; `tests/ui` compiles them.

use breaker_core::CircuitBreakerError;

/// An error that can carry a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Down;

impl From<CircuitBreakerError> for Down {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}
