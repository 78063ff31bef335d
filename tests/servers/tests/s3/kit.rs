//! The tests with which `object_store` checks its own stores, through both placements.
//!
//! s3s fails `get_opts`, `put_opts`, `put_get_delete_list` and `copy_if_not_exists`; breaker-object-store runs those over
//! stores in memory.

use object_store::integration::*;

use crate::rig::{Server, client};

#[tokio::test]
async fn it_passes() {
    let server = Server::start().await;
    let client = client(server.address);
    let store = &client.store;
    list_uses_directories_correctly(store).await;
    list_with_delimiter(store).await;
    rename_and_copy(store).await;
    stream_get(store).await;
    multipart(store, store).await;
    get_nonexistent_object(store, None).await.expect_err("there is none");
    for breaker in [&client.outer, &client.inner] {
        let metrics = breaker.metrics();
        assert!(metrics.successes > 50 && metrics.failures == 0 && metrics.rejections == 0, "{metrics:?}");
    }
}
