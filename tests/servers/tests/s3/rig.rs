//! The server, and clients of both placements.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock};
use breaker_object_store::{GuardedConnector, GuardedStore};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::ReqwestConnector;
use object_store::{BackoffConfig, RetryConfig};
use s3s::auth::SimpleAuth;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::server::{KEY, serve};

/// An S3 server with the bucket `bucket`. It ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory can be made");
        let server = Self::start_in(temporary.path().to_owned()).await;
        Self { _temporary: Some(temporary), ..server }
    }

    /// Starts a server whose files are in this directory.
    pub(crate) async fn start_in(directory: PathBuf) -> Self {
        std::fs::create_dir(directory.join("bucket")).expect("the directory is empty");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let served = directory.clone();
        tokio::spawn(async move { serve(listener, &served, SimpleAuth::from_single(KEY[0], KEY[1])).await });
        Self { address, directory, _temporary: None }
    }

    /// The bucket is gone.
    pub(crate) fn remove_bucket(&self) {
        std::fs::remove_dir_all(self.directory.join("bucket")).expect("it exists");
    }

    /// Returns the names of all files of objects and of uploads that are not completed.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names = Vec::new();
        for directory in [&self.directory, &self.directory.join("bucket")] {
            for entry in std::fs::read_dir(directory).expect("it exists") {
                let entry = entry.expect("it can be read");
                // Metadata is kept in files of its own.
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_file() && !name.starts_with(".bucket-") {
                    names.push(name);
                }
            }
        }
        names.sort();
        names
    }
}

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
