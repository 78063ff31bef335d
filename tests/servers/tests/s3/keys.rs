//! Keys and ranges that are odd.

use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::rig::{Server, client};

#[tokio::test]
async fn keys_with_odd_characters_and_empty_objects_are_kept() {
    let server = Server::start().await;
    let client = client(server.address);
    for key in ["ä/ö ü", "100%", "a\\b", "q?x=1&y=[2]#z", "🦀", "%2F", "a+b", "a:b*c|d\"e<f>", "-", "a'b(c)!~"] {
        let path = Path::from(key);
        client.store.put(&path, key.to_owned().into()).await.unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(client.store.get(&path).await.unwrap().bytes().await.unwrap(), key);
        client.store.put(&path, "".into()).await.unwrap();
        assert_eq!(client.store.get(&path).await.unwrap().bytes().await.unwrap(), "");
    }
    assert_eq!((client.outer.metrics().failures, client.inner.metrics().failures), (0, 0));
}

#[tokio::test]
async fn a_range_beyond_the_end_is_told_from_an_outage_by_the_connector() {
    let server = Server::start().await;
    let client = client(server.address);
    let path = Path::from("a");
    client.store.put(&path, "one".into()).await.unwrap();
    let options = GetOptions { range: Some(GetRange::Offset(800)), ..GetOptions::default() };
    let error = client.store.get_opts(&path, options).await.unwrap_err();
    assert!(matches!(error, Error::Generic { .. }) && error.to_string().contains("416"), "{error}");
    assert_eq!((client.outer.metrics().failures, client.inner.metrics().failures), (1, 0));
}
