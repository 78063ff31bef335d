//! A `get` of a store in memory, beside one through the least wrapper that sees an object's body: what the trait asks of
//! every breaker.

use std::fmt;
use std::hint::black_box;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use breaker_object_store::GuardedStore;
use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use crate::compare::compare;

pub(crate) async fn measure() -> Result<()> {
    let (store, path) = (InMemory::new(), Path::from("a"));
    store.put(&path, "text".into()).await?;
    let (least, guarded) = (Least(store.fork()), GuardedStore::new("objects", store.fork()));
    let breaker = guarded.breaker().clone();
    let plain = async || get(&store, &path).await;
    let guard = async || get(&guarded, &path).await;
    compare("object_store: `get` from memory", &breaker, plain, guard).await.print();
    let least = async || get(&least, &path).await;
    let guard = async || get(&guarded, &path).await;
    compare("object_store: `get`, plain in the least wrapper", &breaker, least, guard).await.print();
    Ok(())
}

async fn get(store: &impl ObjectStore, path: &Path) -> bool {
    black_box(store.get(path).await).is_ok()
}

/// Looks at the result of a `get`, and at the errors of its body.
#[derive(Debug)]
struct Least(InMemory);

struct Body(BoxStream<'static, Result<Bytes>>);

impl Stream for Body {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0
            .as_mut()
            .poll_next(cx)
            .map(|item| item.inspect(|item| assert!(black_box(item).is_ok(), "the store is in memory")))
    }
}

impl fmt::Display for Least {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Least {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let mut got = self.0.get_opts(location, options).await?;
        #[allow(irrefutable_let_patterns, reason = "without object_store's feature `fs` there are only streams")]
        if let GetResultPayload::Stream(stream) = got.payload {
            got.payload = GetResultPayload::Stream(Box::pin(Body(stream)));
        }
        Ok(got)
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.0.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.0.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.0.rename_opts(from, to, options).await
    }
}
