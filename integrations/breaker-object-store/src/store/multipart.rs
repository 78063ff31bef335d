//! The lower level of multipart uploads, and listings page by page, as calls.

use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{MultipartId, PutMultipartOptions, PutPayload, PutResult, Result};

use super::GuardedStore;

/// Each method is a call; `abort_multipart` is never rejected. Unlike uploads of `put_multipart_opts`, one whose creation
/// is cut off is not aborted, and the caller knows itself which parts are missing.
#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: MultipartStore> MultipartStore for GuardedStore<S> {
    async fn create_multipart(&self, path: &Path) -> Result<MultipartId> {
        self.guard.run(async { self.get_ref().create_multipart(path).await }).await
    }

    async fn create_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<MultipartId> {
        self.guard.run(async { self.get_ref().create_multipart_opts(path, options).await }).await
    }

    async fn put_part(&self, path: &Path, id: &MultipartId, index: usize, data: PutPayload) -> Result<PartId> {
        self.guard.run(async { self.get_ref().put_part(path, id, index, data).await }).await
    }

    async fn complete_multipart(&self, path: &Path, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        self.guard.run(async { self.get_ref().complete_multipart(path, id, parts).await }).await
    }

    async fn abort_multipart(&self, path: &Path, id: &MultipartId) -> Result<()> {
        self.guard.run_always(async { self.get_ref().abort_multipart(path, id).await }).await
    }
}

/// Each page is a call. It has no fallback, because a token belongs to its store.
#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: PaginatedListStore> PaginatedListStore for GuardedStore<S> {
    async fn list_paginated(&self, prefix: Option<&str>, options: PaginatedListOptions) -> Result<PaginatedListResult> {
        self.guard.run(async { self.get_ref().list_paginated(prefix, options).await }).await
    }
}
