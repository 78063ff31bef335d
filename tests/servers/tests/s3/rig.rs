//! Clients of both placements.

use std::net::SocketAddr;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock};
use breaker_object_store::{GuardedConnector, GuardedStore};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::ReqwestConnector;
use object_store::{BackoffConfig, RetryConfig};

use crate::serve::KEY;
pub(crate) use crate::server::Server;

/// A client with both placements, each with a breaker that opens at the second failure in a row.
pub(crate) struct Client {
    pub(crate) store: GuardedStore<AmazonS3>,
    /// The breaker around the store.
    pub(crate) outer: CircuitBreaker,
    pub(crate) outer_hand: ManualClock,
    /// The breaker inside the client's retries.
    pub(crate) inner: CircuitBreaker,
}

pub(crate) fn breaker(name: &str) -> (CircuitBreaker, ManualClock) {
    let (clock, hand) = Clock::manual();
    let config = Config::builder()
        .consecutive_failures(2)
        .request_timeout(Duration::from_secs(30))
        .open_timeout(Duration::from_secs(60))
        .build()
        .expect("it is valid");
    (CircuitBreaker::with_clock(name, config, clock), hand)
}

pub(crate) fn client(address: SocketAddr) -> Client {
    client_with(address, KEY[1])
}

pub(crate) fn client_with(address: SocketAddr, secret: &str) -> Client {
    let ((outer, outer_hand), (inner, _)) = (breaker("store"), breaker("requests"));
    let pause = Duration::from_millis(1);
    let bucket = AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("bucket")
        .with_access_key_id(KEY[0])
        .with_secret_access_key(secret)
        .with_retry(RetryConfig {
            backoff: BackoffConfig { init_backoff: pause, max_backoff: pause, base: 2. },
            max_retries: 0,
            retry_timeout: Duration::from_secs(60),
        })
        .with_http_connector(GuardedConnector::with(inner.clone(), ReqwestConnector::default()))
        .build()
        .expect("it is valid");
    Client { store: GuardedStore::with(outer.clone(), bucket), outer, outer_hand, inner }
}
