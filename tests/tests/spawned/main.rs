//! Annotated functions whose future is spawned: each type of result, kind of fallback and place of the function. The
//! compiler takes lifetimes in a type for different ones when it asks whether a future is `Send` (rust-lang/rust#92415).

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

/// What results borrow from.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) names: Vec<String>,
}

/// One call; boxed, so that a runtime takes all of them as one type.
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
