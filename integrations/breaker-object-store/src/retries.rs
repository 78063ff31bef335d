//! Retries that end before the breaker's timeout.

use std::time::Duration;

use object_store::{BackoffConfig, RetryConfig};

/// Returns retries for a client inside a [`GuardedStore`](crate::GuardedStore) with this `request_timeout`: retries begin
/// within its first half, with at most an eighth of it between two of them. So a store that answers 503, or whose
/// connections are refused, is asked again, and the caller still gets its error rather than the breaker's timeout. The
/// last attempt has three eighths of the time left.
///
/// ```
/// use breaker_core::{Config, Registry};
/// use breaker_object_store::{GuardedStore, retry_within};
/// use object_store::aws::AmazonS3Builder;
/// use std::time::Duration;
///
/// let config = Config::s3();
/// let retries = retry_within(config.request_timeout().unwrap_or(Duration::from_secs(30)));
/// assert_eq!(retries.retry_timeout, Duration::from_secs(15));
///
/// let bucket = AmazonS3Builder::new().with_bucket_name("reports").with_retry(retries).build()?;
/// let store = GuardedStore::with(Registry::global().get_or_create("reports", config), bucket);
/// # drop(store);
/// # Ok::<(), object_store::Error>(())
/// ```
#[must_use]
pub fn retry_within(request_timeout: Duration) -> RetryConfig {
    let pause = request_timeout / 8;
    RetryConfig {
        backoff: BackoffConfig { init_backoff: pause.min(Duration::from_millis(100)), max_backoff: pause, base: 2. },
        max_retries: 10,
        retry_timeout: request_timeout / 2,
    }
}
