//! A bucket that is out of reach, and a copy that answers meanwhile.
//!
//! `cargo run -p breaker-object-store --features cloud --example second_store`

use breaker_core::{Registry, State};
use breaker_object_store::{GuardedConnector, GuardedStore, S3CircuitBreakerError};
use object_store::aws::AmazonS3Builder;
use object_store::client::ReqwestConnector;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt, Result, RetryConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (path, copy) = (Path::from("menu.txt"), InMemory::new());
    copy.put(&path, "tea, coffee".into()).await?;

    let bucket = AmazonS3Builder::new()
        // Nothing listens on this port.
        .with_endpoint("http://127.0.0.1:1")
        .with_allow_http(true)
        .with_bucket_name("menus")
        .with_access_key_id("key")
        .with_secret_access_key("secret")
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .with_http_connector(GuardedConnector::new("menus-requests", ReqwestConnector::default()))
        .build()?;
    let store = GuardedStore::new("menus", bucket).fallback(copy);

    for _ in 0..6 {
        println!("{}", String::from_utf8_lossy(&store.get(&path).await?.bytes().await?));
    }
    let error = store.put(&path, "tea, coffee, cake".into()).await.expect_err("a write has no fallback");
    match S3CircuitBreakerError::from_object_store(&error) {
        Some(refused) => println!("{refused}"),
        None => println!("{error}"),
    }
    for name in ["menus", "menus-requests"] {
        let breaker = Registry::global().get(name).expect("created above");
        let metrics = breaker.metrics();
        println!(
            "{name}: {:?}, {} failures, {} fallbacks",
            metrics.state, metrics.failures, metrics.fallback_successes
        );
        assert_eq!(breaker.state(), State::Open);
    }
    Ok(())
}
