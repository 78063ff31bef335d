//! A full disk.

use breaker_core::State;
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt};
use servers::{SmallDisk, with_own_mounts};

use crate::rig::{Server, client};

#[test]
fn a_full_disk_opens_the_circuit_and_keeps_what_is_stored() {
    with_own_mounts("disk::a_full_disk_opens_the_circuit_and_keeps_what_is_stored", || {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(full());
    });
}

async fn full() {
    let disk = SmallDisk::mount(1);
    let server = Server::start_in(disk.path().to_owned()).await;
    let client = client(server.address);
    let (small, large) = (Path::from("small"), Path::from("large"));
    client.store.put(&small, "kept".into()).await.unwrap();
    for _ in 0..2 {
        let error = client.store.put(&large, vec![7; 2_000_000].into()).await.unwrap_err();
        assert!(matches!(error, Error::Generic { .. }), "{error}");
    }
    assert_eq!((client.outer.state(), client.inner.state()), (State::Open, State::Open));
    client.outer.reset();
    client.inner.reset();
    assert_eq!(client.store.get(&small).await.unwrap().bytes().await.unwrap(), "kept");
    assert!(matches!(client.store.head(&large).await, Err(Error::NotFound { .. })), "no half of an object");
}
