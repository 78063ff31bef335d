//! The methods of `ObjectStore` as calls.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use super::GuardedStore;
use crate::deletion::{self, Deleted};
use crate::judged::{Body, Empty};
use crate::listing::{self, Listed, Listing};
use crate::request::Then;
use crate::upload::{Creating, GuardedUpload};

impl<S: ObjectStore> GuardedStore<S> {
    /// The store that serves in place of this one after this error.
    fn other(&self, error: &Error) -> Option<&dyn ObjectStore> {
        let fallback = self.fallback.as_ref()?;
        self.guard.is_out(error).then_some(&*fallback.store)
    }

    fn takes_writes(&self) -> bool {
        self.fallback.as_ref().is_some_and(|fallback| fallback.takes_writes)
    }

    /// Counts the errors of an object's body. Those of a local file can't be seen.
    fn follow(&self, got: &mut GetResult) {
        #[allow(irrefutable_let_patterns, reason = "without object_store's feature `fs` there are only streams")]
        if let GetResultPayload::Stream(stream) = &mut got.payload {
            let inner = mem::replace(stream, Box::pin(Empty));
            *stream = Box::pin(Body { guard: self.guard.clone(), stream: inner });
        }
    }

    fn listed(&self, prefix: Option<&Path>, offset: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        Box::pin(Listed {
            guard: self.guard.clone(),
            store: Arc::clone(&self.inner),
            fallback: self.fallback.clone(),
            listing: Listing { prefix: prefix.cloned(), offset: offset.cloned() },
            state: listing::State::Idle,
        })
    }

    /// Gets from this store, or from the fallback.
    async fn get_or_other(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let again = options.clone();
        let result = self.guard.begin(options, |options| self.get_ref().get_opts(location, options)).await;
        let error = match result {
            Ok(mut got) => {
                self.follow(&mut got);
                return Ok(got);
            }
            Err(error) => error,
        };
        let Some(other) = self.other(&error) else { return Err(error) };
        self.guard.answered(error, other.get_opts(location, again).await)
    }

    /// Gets from this store, or from the fallback.
    async fn ranges_or_other(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let result = self.guard.begin((), |()| self.get_ref().get_ranges(location, ranges)).await;
        let Err(error) = result else { return result };
        let Some(other) = self.other(&error) else { return Err(error) };
        self.guard.answered(error, other.get_ranges(location, ranges).await)
    }

    async fn create(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let call = async {
            // Owned, because it may outlive this call.
            let (store, location) = (Arc::clone(&self.inner), location.clone());
            let creation = async move { S::put_multipart_opts(&store, &location, options).await };
            Creating::new(Box::pin(creation)).await
        };
        let upload = self.guard.run(call).await?;
        Ok(Box::new(GuardedUpload::new(&self.guard, upload)))
    }
}

#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for GuardedStore<S> {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let is_for_both = self.takes_writes() && options.mode == PutMode::Overwrite;
        let again = is_for_both.then(|| (payload.clone(), options.clone()));
        let result = self
            .guard
            .begin((payload, options), |(payload, options)| self.get_ref().put_opts(location, payload, options))
            .await;
        let (error, payload, options) = match (result, again) {
            (Err(error), Some((payload, options))) => (error, payload, options),
            (result, _) => return result,
        };
        let Some(other) = self.other(&error) else { return Err(error) };
        self.guard.answered(error, other.put_opts(location, payload, options).await)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let again = self.takes_writes().then(|| options.clone());
        let (error, options) = match (self.create(location, options).await, again) {
            (Err(error), Some(options)) => (error, options),
            (result, _) => return result,
        };
        let Some(other) = self.other(&error) else { return Err(error) };
        self.guard.answered(error, other.put_multipart_opts(location, options).await)
    }

    // These two by hand, because an `async` function around the call costs as much as the call.
    fn get_opts<'a, 'b, 't>(&'a self, location: &'b Path, options: GetOptions) -> BoxFuture<'t, Result<GetResult>>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        if self.fallback.is_some() {
            return Box::pin(self.get_or_other(location, options));
        }
        let call = self.guard.begin(options, move |options| self.get_ref().get_opts(location, options));
        Box::pin(Then { call, then: |got: &mut GetResult| self.follow(got) })
    }

    fn get_ranges<'a, 'b, 'c, 't>(
        &'a self,
        location: &'b Path,
        ranges: &'c [Range<u64>],
    ) -> BoxFuture<'t, Result<Vec<Bytes>>>
    where
        'a: 't,
        'b: 't,
        'c: 't,
        Self: 't,
    {
        if self.fallback.is_some() {
            return Box::pin(self.ranges_or_other(location, ranges));
        }
        Box::pin(self.guard.begin((), move |()| self.get_ref().get_ranges(location, ranges)))
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        Box::pin(Deleted {
            guard: self.guard.clone(),
            store: Arc::clone(&self.inner),
            state: deletion::State::Waiting(Some(locations)),
        })
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listed(prefix, None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listed(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let result = self.guard.begin((), |()| self.get_ref().list_with_delimiter(prefix)).await;
        let Err(error) = result else { return result };
        let Some(other) = self.other(&error) else { return Err(error) };
        self.guard.answered(error, other.list_with_delimiter(prefix).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.guard.begin(options, |options| self.get_ref().copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.guard.begin(options, |options| self.get_ref().rename_opts(from, to, options)).await
    }
}
