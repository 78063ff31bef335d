//! S3: a server in a process of its own, which is this program.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use breaker_core::{CircuitBreaker, Outcome, Preset};
use breaker_object_store::{Classifier, GuardedConnector, GuardedStore, S3CircuitBreakerError};
use object_store::aws::AmazonS3Builder;
use object_store::client::ReqwestConnector;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, RetryConfig};
use s3s::auth::{S3Auth, SecretKey};
use servers::{Process, Program, Proxy};
use tokio::net::TcpListener;

use super::Wrapper;
use crate::client::{Client, REQUEST_TIMEOUT, Seen, breaker};
use crate::damage::Damage;
use crate::server::{KEY, serve};

/// Tells the program to be the server, on this port.
const PORT: &str = "OUTAGES_S3_PORT";
/// The file with the secret.
const SECRET: &str = "secret";
/// Refused credentials are an answer by default.
const STRICT: Classifier = Classifier::new().denied(Outcome::Failure);
/// The length of the object in the server; its copy in the fallback is empty.
const LENGTH: usize = 100;

pub(crate) struct Subject {
    server: Program,
    proxy: Proxy,
}

impl Subject {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("this is a program");
        let server = Program::start("S3", Path::new("/usr/bin/env"), |port, directory| {
            write_secret(directory, KEY[1]);
            let test = ["--exact", "serves_objects", "--ignored", "--nocapture"].map(str::to_owned);
            [format!("{PORT}={port}"), program.display().to_string()].into_iter().chain(test).collect()
        });
        let proxy = Proxy::start(server.address());
        std::fs::write(bucket(server.directory()).join("object"), [b'x'; LENGTH]).expect("an object can be written");
        Self { server, proxy }
    }

    fn set_secret(&self, secret: &str) {
        write_secret(self.server.directory(), secret);
    }
}

fn write_secret(directory: &Path, secret: &str) {
    // At once, so that the server never reads half of it.
    let (new, place) = (directory.join("new"), directory.join(SECRET));
    std::fs::write(&new, secret).and_then(|()| std::fs::rename(new, place)).expect("a file can be written");
}

fn bucket(directory: &Path) -> PathBuf {
    directory.join("data").join("bucket")
}

/// Runs the server, in the working directory, until the process is killed.
pub(crate) fn serve_until_killed() {
    let port: u16 = std::env::var(PORT).expect("the test sets it").parse().expect("it is a number");
    let directory = std::env::current_dir().expect("there is one");
    std::fs::create_dir_all(bucket(&directory)).expect("the directory can be made");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        serve(listener, &directory.join("data"), Secret(directory.join(SECRET))).await;
    });
}

/// Reads the secret anew for each request, so that it can change.
struct Secret(PathBuf);

impl S3Auth for Secret {
    fn get_secret_key<'a, 'b, 't>(
        &'a self,
        _: &'b str,
    ) -> Pin<Box<dyn Future<Output = s3s::S3Result<SecretKey>> + Send + 't>>
    where
        'a: 't,
        'b: 't,
    {
        let secret = std::fs::read_to_string(&self.0).map_err(s3s::S3Error::internal_error);
        Box::pin(async { secret.map(SecretKey::from) })
    }
}

impl super::Subject for Subject {
    fn process(&self) -> &Process {
        &self.server
    }

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    fn client(&self, wrapper: Wrapper, damage: Damage, address: SocketAddr) -> Client {
        caller(wrapper, damage, address)
    }

    fn damage(&self, damage: Damage) {
        assert_eq!(damage, Damage::Password, "the only one in the table");
        self.set_secret("another");
    }

    fn repair(&self, damage: Damage) {
        assert_eq!(damage, Damage::Password, "the only one in the table");
        self.set_secret(KEY[1]);
    }
}

/// A client that reads an object, or writes one where the disk is to be full.
pub(crate) fn caller(wrapper: Wrapper, damage: Damage, address: SocketAddr) -> Client {
    let breaker = breaker("store", Preset::S3);
    let bucket = AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("bucket")
        .with_access_key_id(KEY[0])
        .with_secret_access_key(KEY[1])
        .with_retry(RetryConfig { max_retries: 0, retry_timeout: REQUEST_TIMEOUT, ..RetryConfig::default() });
    if wrapper == Wrapper::GuardedConnector {
        let connector = GuardedConnector::with(breaker.clone(), ReqwestConnector::default());
        let store = bucket.with_http_connector(connector).build().expect("it is valid");
        return reads("GuardedConnector", breaker, store);
    }
    let store = GuardedStore::with(breaker.clone(), bucket.build().expect("it is valid"));
    match damage {
        Damage::FullDisk => writes(breaker, store),
        Damage::Password => reads("GuardedStore", breaker, store.classify(STRICT)),
        _ => reads("GuardedStore", breaker, store.fallback(copy())),
    }
}

/// A copy of the bucket that answers in the server's place.
fn copy() -> InMemory {
    let copy = InMemory::new();
    let key = Key::from("object");
    let put = copy.put(&key, "".into());
    tokio::runtime::Handle::current().block_on(put).expect("memory takes it");
    copy
}

/// Calls that ask for the object's length.
fn reads(name: &'static str, breaker: CircuitBreaker, store: impl ObjectStore) -> Client {
    let store = Arc::new(store);
    Client::new(name, breaker, move || {
        let store = Arc::clone(&store);
        async move { seen(store.head(&Key::from("object")).await) }
    })
}

/// Calls that write an object.
fn writes(breaker: CircuitBreaker, store: impl ObjectStore) -> Client {
    let store = Arc::new(store);
    Client::new("GuardedStore", breaker, move || {
        let store = Arc::clone(&store);
        async move {
            let written = store.put(&Key::from("written"), vec![b'x'; 100_000].into()).await;
            written.map_or_else(|error| failed(&error), |_| Seen::Answer)
        }
    })
}

fn seen(result: Result<ObjectMeta, Error>) -> Seen {
    match result {
        Ok(object) if object.size == LENGTH as u64 => Seen::Answer,
        Ok(_) => Seen::Fallback,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Seen {
    match S3CircuitBreakerError::find(error) {
        Some(own) if own.is_timeout() => Seen::TimedOut,
        Some(_) => Seen::Rejected,
        None if STRICT.error(error) == Outcome::Success => Seen::Answer,
        None => Seen::Failed(in_words(error).to_owned()),
    }
}

/// Without addresses, which are different each time.
fn in_words(error: &Error) -> &'static str {
    match error {
        Error::PermissionDenied { .. } => "permission denied",
        Error::Unauthenticated { .. } => "not authenticated",
        Error::Generic { .. } => "generic error",
        _ => "another error",
    }
}
