//! Multipart uploads: their creation, and each part, as calls.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use crate::error::{IncompleteUpload, S3CircuitBreakerError};
use crate::guard::Guard;

/// An upload whose parts and completion are calls. Its abortion is never rejected, so that nothing is left behind.
#[derive(Debug)]
pub(crate) struct GuardedUpload {
    inner: Box<dyn MultipartUpload>,
    shared: Arc<Shared>,
}

/// What the parts share.
#[derive(Debug)]
struct Shared {
    guard: Guard,
    /// Set if the breaker has kept a part from the store. Some stores would complete the object with a hole.
    has_hole: AtomicBool,
}

impl GuardedUpload {
    pub(crate) fn new(guard: &Guard, inner: Box<dyn MultipartUpload>) -> Self {
        Self { inner, shared: Arc::new(Shared { guard: guard.clone(), has_hole: AtomicBool::new(false) }) }
    }
}

#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl MultipartUpload for GuardedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        // The order of the calls is that of the parts, whatever the order of their futures.
        let part = self.inner.put_part(data);
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let result = shared.guard.run(part).await;
            if let Err(error) = &result
                && S3CircuitBreakerError::from_object_store(error).is_some()
            {
                shared.has_hole.store(true, Relaxed);
            }
            result
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let Shared { guard, has_hole } = &*self.shared;
        if has_hole.load(Relaxed) {
            return Err(IncompleteUpload { service: guard.breaker().service() }.into());
        }
        let inner = &mut self.inner;
        guard.run(async move { inner.complete().await }).await
    }

    async fn abort(&mut self) -> Result<()> {
        let inner = &mut self.inner;
        self.shared.guard.run_always(async move { inner.abort().await }).await
    }
}

/// The creation of an upload. If it is cut off, only the store's answer can tell which upload it has created, so a task
/// waits for that and aborts it.
pub(crate) struct Creating(Option<BoxFuture<'static, Result<Box<dyn MultipartUpload>>>>);

impl Creating {
    pub(crate) fn new(creation: BoxFuture<'static, Result<Box<dyn MultipartUpload>>>) -> Self {
        Self(Some(creation))
    }
}

impl Future for Creating {
    type Output = Result<Box<dyn MultipartUpload>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A creation that panics is gone.
        let mut creation = self.0.take().expect("an async block polls it until it is ready");
        let polled = creation.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = Some(creation);
        }
        polled
    }
}

impl Drop for Creating {
    fn drop(&mut self) {
        if let Some(creation) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if let Ok(mut upload) = creation.await {
                    // Nobody is left to hear of an error.
                    let _ = upload.abort().await;
                }
            });
        }
    }
}
