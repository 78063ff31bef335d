//! The in-process cache of whole pages, behind the breaker `cache`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker_core::circuit_breaker;

use super::Page;

/// How long a page stays valid. Short, so that the drill keeps calling the other services.
const KEEP: Duration = Duration::from_millis(200);

/// The result of a cache lookup. The default is what a caller gets while the cache does not answer: its preset sets
/// `fail_fast = false`, so a caller gets `Unanswered` instead of an error.
#[derive(Clone, Debug, Default)]
pub(crate) enum Lookup {
    Hit(Arc<Page>),
    Miss,
    #[default]
    Unanswered,
}

/// Whether a page was put into the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    #[default]
    Unanswered,
}

/// Caches pages.
#[derive(Default)]
pub(crate) struct PageCache {
    pages: Mutex<HashMap<u32, (Instant, Arc<Page>)>>,
    delay_ms: AtomicU64,
}

impl PageCache {
    /// Returns the cached page of a product, if there is one.
    #[circuit_breaker(service = "cache", preset = "cache")]
    pub(crate) async fn get(&self, product: u32) -> Result<Lookup, Infallible> {
        Ok(self.look_up(product).await)
    }

    /// Caches the page of a product.
    #[circuit_breaker(service = "cache", preset = "cache")]
    pub(crate) async fn put(&self, product: u32, page: Arc<Page>) -> Result<Kept, Infallible> {
        self.travel().await;
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).insert(product, (Instant::now(), page));
        Ok(Kept::Yes)
    }

    /// The unprotected part of [`get`](Self::get). The drill also calls it directly, to show what a caller without a
    /// breaker experiences.
    pub(crate) async fn look_up(&self, product: u32) -> Lookup {
        self.travel().await;
        match self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(&product) {
            Some((since, page)) if since.elapsed() < KEEP => Lookup::Hit(Arc::clone(page)),
            _ => Lookup::Miss,
        }
    }

    /// Sets the duration of all following calls.
    pub(crate) fn set_delay(&self, delay: Duration) {
        self.delay_ms.store(delay.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    async fn travel(&self) {
        let delay = self.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
    }
}
