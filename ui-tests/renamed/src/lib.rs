//! A user's crate that renames breaker-core and denies all lints. `cargo clippy` is the test.
#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code)]

use renamed::{CircuitBreakerError, circuit_breaker};

/// The errors of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The breaker rejected the call.
    Rejected(CircuitBreakerError),
    /// There is no such key.
    Missing,
}

impl From<CircuitBreakerError> for StoreError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Rejected(error)
    }
}

mod names {
    // A relative path would find this module first.
    pub mod renamed {
        /// The content of a copy.
        pub const COPY: &str = "copy";
    }
}

/// A client of a store.
#[derive(Debug, Clone, Copy)]
pub struct Client;

impl Client {
    /// Reads the first letters of a key, from a copy if the store is down.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] for a key that is too short.
    #[circuit_breaker(
        service = "strict",
        failure_rate = 0.5,
        fallback = Self::copy,
        ignore_if = |error| *error == StoreError::Missing,
        crate = ::renamed
    )]
    pub async fn read(&self, key: &str, length: usize) -> Result<String, StoreError> {
        std::future::ready(()).await;
        key.get(..length).map(ToOwned::to_owned).ok_or(StoreError::Missing)
    }

    #[expect(clippy::unused_async, reason = "a fallback has the shape of its function")]
    async fn copy(&self, _key: &str, _length: usize, _error: StoreError) -> Result<String, StoreError> {
        Ok(names::renamed::COPY.to_owned())
    }
}

/// Returns the length of the first key.
///
/// # Errors
///
/// [`StoreError::Missing`] if there is none.
#[circuit_breaker(service = "strict", map_error = StoreError::Rejected, fallback = |_| Ok(0), crate = ::renamed)]
pub fn first(keys: &[&str]) -> Result<usize, StoreError> {
    keys.first().map(|key| key.len()).ok_or(StoreError::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_attribute_finds_its_crate_under_another_name() {
        assert_eq!(Client.read("abc", 2).await.as_deref(), Ok("ab"));
        assert_eq!(Client.read("abc", 9).await, Err(StoreError::Missing));
        assert_eq!((first(&["abc"]), first(&[])), (Ok(3), Ok(0)));
        let metrics = renamed::Registry::global().get("strict").expect("listed").metrics();
        assert_eq!((metrics.successes, metrics.ignored, metrics.failures), (2, 1, 1));
    }
}
