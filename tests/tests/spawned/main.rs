//! Spawned futures of annotated functions: each type of result, kind of fallback and place of the function. The
//! compiler treats lifetimes in a type as different ones when it checks whether a future is `Send`
//! (rust-lang/rust#92415).

mod table;

use std::future::Future;
use std::pin::Pin;

use breaker_core::CircuitBreakerError;

#[derive(Debug)]
pub(crate) struct Fault;

impl From<CircuitBreakerError> for Fault {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Fault {}

/// Data that results borrow from.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) names: Vec<String>,
}

/// One call, boxed so that all calls have the same type.
pub(crate) type Call = Pin<Box<dyn Future<Output = bool> + Send>>;

#[tokio::test]
async fn with_a_fallback_every_common_result_is_send_and_spawned() {
    let rows = table::rows();
    assert!(rows.len() >= 30, "{} rows in the table", rows.len());
    for (row, calls) in rows {
        for (kind, call) in calls {
            assert!(tokio::spawn(call).await.expect("no call panics"), "{row}, {kind}");
        }
    }
}
