//! A `get` of a store in memory.

use std::hint::black_box;

use breaker_object_store::GuardedStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, Result};

use crate::compare::compare;

pub(crate) async fn measure() -> Result<()> {
    let (store, path) = (InMemory::new(), Path::from("a"));
    store.put(&path, "text".into()).await?;
    let guarded = GuardedStore::new("objects", store.fork());
    let breaker = guarded.breaker().clone();
    let plain = async || get(&store, &path).await;
    let guard = async || get(&guarded, &path).await;
    compare("object_store: `get` from memory", &breaker, plain, guard).await.print();
    Ok(())
}

async fn get(store: &impl ObjectStore, path: &Path) -> bool {
    black_box(store.get(path).await).is_ok()
}
