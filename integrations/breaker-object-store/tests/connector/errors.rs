//! Endpoints that are no S3, or aren't there.

use breaker_core::{CircuitBreaker, Config, Mode, Registry};
use breaker_object_store::{GuardedConnector, GuardedStore, S3CircuitBreakerError};
use object_store::client::ReqwestConnector;
use object_store::http::HttpBuilder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStoreExt};

use crate::rig::{Answer, breaker, bucket, retries, rig, speaks};

#[tokio::test]
async fn an_endpoint_that_speaks_another_protocol_is_a_failure() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.2p1\r\n"[..], b"-ERR unknown command\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b""]
    {
        let (breaker, _) = breaker();
        let connector = GuardedConnector::with(breaker.clone(), ReqwestConnector::default());
        let store = bucket(speaks(bytes).await, retries(0)).with_http_connector(connector).build().unwrap();
        let error = store.put(&Path::from("a"), "1".into()).await.unwrap_err();
        assert!(matches!(error, Error::Generic { store: "S3", .. }), "{error}");
        assert!(S3CircuitBreakerError::from_object_store(&error).is_none());
        assert_eq!((breaker.metrics().failures, breaker.metrics().requests), (1, 1), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_failure() {
    let (breaker, _) = breaker();
    let connector = GuardedConnector::with(breaker.clone(), ReqwestConnector::default());
    // Nothing listens on this port.
    let store = bucket(([127, 0, 0, 1], 1).into(), retries(0)).with_http_connector(connector).build().unwrap();
    store.head(&Path::from("a")).await.unwrap_err();
    assert_eq!(breaker.metrics().failures, 1);
}

#[tokio::test]
async fn it_guards_other_clients_and_takes_its_breaker_from_the_registry() {
    let connector = GuardedConnector::new("webdav", ReqwestConnector::default());
    assert!(format!("{connector:?}").contains("webdav"));
    assert_eq!(connector.breaker().config().failure_threshold(), Config::s3().failure_threshold());
    let options = ClientOptions::new().with_allow_http(true);
    let store = HttpBuilder::new()
        .with_url("http://127.0.0.1:1")
        .with_client_options(options)
        .with_retry(retries(0))
        .with_http_connector(connector)
        .build()
        .unwrap();
    store.head(&Path::from("a")).await.unwrap_err();
    assert_eq!(Registry::global().get("webdav").expect("it was created").metrics().failures, 1);
}

#[tokio::test]
async fn a_store_around_it_ignores_its_rejections_and_has_a_fallback() {
    let rig = rig().await;
    let copy = InMemory::new();
    copy.put(&Path::from("a"), "copy".into()).await.unwrap();
    let outer = CircuitBreaker::new("outer", Config::s3());
    let store = GuardedStore::with(outer.clone(), rig.store).fallback(copy);

    rig.breaker.set_mode(Mode::ForcedOpen);
    assert_eq!(store.get(&Path::from("a")).await.unwrap().bytes().await.unwrap(), "copy");
    assert_eq!((outer.metrics().ignored, outer.metrics().fallback_successes), (1, 1));
    let error = store.put(&Path::from("a"), "new".into()).await.unwrap_err();
    let refused = S3CircuitBreakerError::from_object_store(&error).expect("a rejection");
    assert_eq!(refused.service(), "bucket");

    rig.breaker.set_mode(Mode::Automatic);
    rig.server.then(Answer::Status(503));
    store.put(&Path::from("a"), "new".into()).await.unwrap_err();
    assert_eq!((outer.metrics().failures, rig.breaker.metrics().failures), (1, 1));
}
