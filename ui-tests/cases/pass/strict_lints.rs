#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic, clippy::nursery)]
//! A crate that denies all warnings.

use breaker_core::circuit_breaker;
use ui_tests::Down;

/// A client.
#[derive(Debug, Clone, Copy)]
pub struct Client;

impl Client {
    /// Reads.
    ///
    /// # Errors
    ///
    /// When the store is down.
    #[circuit_breaker(service = "s", fallback = Self::copy, ignore_if = |_| false)]
    pub async fn read(&self, key: &str, length: usize) -> Result<String, Down> {
        tokio::task::yield_now().await;
        key.get(..length).map(ToOwned::to_owned).ok_or(Down)
    }

    async fn copy(&self, key: &str, _length: usize, _error: Down) -> Result<String, Down> {
        tokio::task::yield_now().await;
        Ok(key.to_owned())
    }
}

/// Counts.
///
/// # Errors
///
/// When the store is down.
#[circuit_breaker(service = "s", failure_rate = 0.5, map_error = |_| Down)]
pub fn count(keys: &[&str]) -> Result<usize, Down> {
    keys.first().map(|key| key.len()).ok_or(Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Client.read("abc", 2).await.as_deref(), Ok("ab"));
    assert_eq!(Client.read("abc", 9).await.as_deref(), Ok("abc"));
    assert_eq!(count(&["abc"]), Ok(3));
}
