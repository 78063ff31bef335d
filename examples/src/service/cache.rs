//! The cache of whole pages, in this process, behind the breaker `cache`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker_core::circuit_breaker;

use super::Page;

/// How long a page stays good. Short, so that the drill keeps asking the other services.
const KEEP: Duration = Duration::from_millis(200);

/// What the cache knows about a page. The default is what a caller gets while the cache does not answer:
/// the cache has `fail_fast = false` from its preset, so a caller cannot tell an outage from a miss, unless it looks.
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

/// Keeps pages.
#[derive(Default)]
pub(crate) struct PageCache {
    pages: Mutex<HashMap<u32, (Instant, Arc<Page>)>>,
    delay_ms: AtomicU64,
}

impl PageCache {
    /// The page of a product, if it is there.
    #[circuit_breaker(service = "cache", preset = "cache")]
    pub(crate) async fn get(&self, product: u32) -> Result<Lookup, Infallible> {
        Ok(self.look_up(product).await)
    }

    /// Puts the page of a product in.
    #[circuit_breaker(service = "cache", preset = "cache")]
    pub(crate) async fn put(&self, product: u32, page: Arc<Page>) -> Result<Kept, Infallible> {
        self.travel().await;
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).insert(product, (Instant::now(), page));
        Ok(Kept::Yes)
    }

    /// What [`get`](Self::get) protects; the drill also calls it bare, to see what a caller without a breaker suffers.
    pub(crate) async fn look_up(&self, product: u32) -> Lookup {
        self.travel().await;
        match self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(&product) {
            Some((since, page)) if since.elapsed() < KEEP => Lookup::Hit(Arc::clone(page)),
            _ => Lookup::Miss,
        }
    }

    /// Makes every later call take this long.
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
