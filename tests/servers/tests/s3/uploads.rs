//! Multipart uploads that are cut in the middle leave nothing behind.

use breaker_core::{Mode, State};
use breaker_object_store::S3CircuitBreakerError;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt};
use servers::Proxy;

use crate::rig::{Server, client};

const PART: usize = 5 * 1_024 * 1_024;

#[tokio::test]
async fn an_empty_last_part_is_kept() {
    let server = Server::start().await;
    let client = client(server.address);
    let path = Path::from("a");
    let mut upload = client.store.put_multipart(&path).await.unwrap();
    upload.put_part(vec![7; PART].into()).await.unwrap();
    upload.put_part("".into()).await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(client.store.head(&path).await.unwrap().size, PART as u64);
}

#[tokio::test]
async fn an_open_circuit_rejects_the_parts_and_aborts() {
    let server = Server::start().await;
    let client = client(server.address);
    let mut upload = client.store.put_multipart(&Path::from("a")).await.unwrap();
    upload.put_part(vec![7; PART].into()).await.unwrap();
    assert!(!server.files().is_empty(), "the part");
    // Both breakers.
    client.outer.set_mode(Mode::ForcedOpen);
    client.inner.set_mode(Mode::ForcedOpen);
    let error = upload.put_part(vec![7; PART].into()).await.unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("a rejection").is_rejected());
    upload.complete().await.unwrap_err();
    upload.abort().await.unwrap();
    assert_eq!(server.files(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_an_outage_cuts_is_aborted_after_it() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address);
    let client = client(proxy.address());
    let mut upload = client.store.put_multipart(&Path::from("a")).await.unwrap();
    upload.put_part(vec![7; PART].into()).await.unwrap();
    proxy.refuse();
    proxy.cut();
    for _ in 0..2 {
        upload.put_part(vec![7; PART].into()).await.unwrap_err();
    }
    assert_eq!((client.outer.state(), client.inner.state()), (State::Open, State::Open));
    upload.abort().await.expect_err("the server is out of reach");
    proxy.heal();
    upload.abort().await.expect("although both circuits are open");
    assert_eq!(server.files(), [""; 0]);
}
