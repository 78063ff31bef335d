//! The cache of whole pages, in Redis, behind the breaker `cache`.

use breaker_redis::{Connection, Guarded};
use redis::{AsyncCommands as _, Client, RedisError, SetExpiry, SetOptions};

use super::Page;
use crate::dependency::Dependency;

/// How long a page stays valid, in milliseconds. Short, so that the drill keeps calling the other services.
const KEEP: u64 = 200;

/// The result of a cache lookup.
#[derive(Debug)]
pub(crate) enum Lookup {
    Hit(Page),
    Miss,
    /// The cache does not answer. The page is made without it.
    Unanswered,
}

/// Whether a page was put into the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    Unanswered,
}

/// Caches pages.
pub(crate) struct PageCache {
    connection: Guarded<Connection>,
}

impl PageCache {
    /// Makes a cache on the Redis at this URL. It connects when it is first used.
    pub(crate) fn new(url: &str) -> Result<Self, RedisError> {
        let connection = Connection::new(Client::open(url)?)?;
        Ok(Self { connection: Guarded::new(Dependency::Cache.name(), connection) })
    }

    /// Returns the cached page of a product, if there is one.
    pub(crate) async fn get(&self, product: u32) -> Lookup {
        match self.connection.clone().get::<_, Option<Vec<u8>>>(key(product)).await {
            // What is no page is replaced.
            Ok(page) => page.and_then(|page| serde_json::from_slice(&page).ok()).map_or(Lookup::Miss, Lookup::Hit),
            Err(error) => {
                self.go_on(&error);
                Lookup::Unanswered
            }
        }
    }

    /// Caches the page of a product.
    pub(crate) async fn put(&self, product: u32, page: &Page) -> Kept {
        let options = SetOptions::default().with_expiration(SetExpiry::PX(KEEP));
        let page = serde_json::to_vec(page).unwrap_or_default();
        match self.connection.clone().set_options::<_, _, ()>(key(product), page, options).await {
            Ok(()) => Kept::Yes,
            Err(error) => {
                self.go_on(&error);
                Kept::Unanswered
            }
        }
    }

    /// Asks Redis past the breaker: for the health check, and to show what a caller without a breaker experiences.
    pub(crate) async fn look_up(&self, product: u32) -> Result<(), RedisError> {
        self.connection.get_ref().clone().get::<_, Option<Vec<u8>>>(key(product)).await.map(drop)
    }

    /// The service keeps working without the cache, which is counted as a fallback.
    fn go_on(&self, _error: &RedisError) {
        self.connection.breaker().count_fallback(true);
    }
}

/// Of a server that may have other users.
fn key(product: u32) -> String {
    format!("breaker-drill:page:{product}")
}
