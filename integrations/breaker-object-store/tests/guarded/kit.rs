//! The tests with which `object_store` checks its own stores.

use breaker_core::{CircuitBreaker, Config};
use breaker_object_store::GuardedStore;
use object_store::ObjectStore;
use object_store::integration::*;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

fn guarded<S: ObjectStore>(store: S) -> GuardedStore<S> {
    // The kit asks for ranges that don't exist, which a store can't tell from failures.
    let config = Config::builder().failure_threshold(1_000).build().expect("it is valid");
    GuardedStore::with(CircuitBreaker::new("kit", config), store)
}

#[tokio::test]
async fn it_passes_in_memory() {
    let store = guarded(InMemory::new());
    put_get_delete_list(&store).await;
    list_with_offset_exclusivity(&store).await;
    get_opts(&store).await;
    put_opts(&store, true).await;
    list_uses_directories_correctly(&store).await;
    list_with_delimiter(&store).await;
    rename_and_copy(&store).await;
    copy_if_not_exists(&store).await;
    copy_rename_nonexistent_object(&store).await;
    stream_get(&store).await;
    multipart(&store, &store).await;
    multipart_with_opts(&store, &store).await;
    multipart_put_part_out_of_order(&store, &store).await;
    multipart_out_of_order(&store).await;
    multipart_race_condition(&store, true).await;
    put_get_attributes(&store).await;
    get_nonexistent_object(&store, None).await.expect_err("there is none");
    let metrics = store.breaker().metrics();
    assert!(metrics.successes > 300 && metrics.failures == 2 && metrics.rejections == 0, "{metrics:?}");
}

#[tokio::test]
async fn it_passes_with_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = guarded(LocalFileSystem::new_with_prefix(directory.path()).expect("it exists"));
    put_get_delete_list(&store).await;
    list_with_offset_exclusivity(&store).await;
    get_opts(&store).await;
    put_opts(&store, false).await;
    list_uses_directories_correctly(&store).await;
    list_with_delimiter(&store).await;
    rename_and_copy(&store).await;
    copy_if_not_exists(&store).await;
    copy_rename_nonexistent_object(&store).await;
    stream_get(&store).await;
    assert_eq!(store.breaker().metrics().rejections, 0);
}
