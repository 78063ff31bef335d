//! The catalog of products: one file per product, behind the breaker `catalog`. A listing makes nested calls of the
//! same breaker.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use breaker_core::{CircuitBreakerError, Registry, State, circuit_breaker};
use serde::{Deserialize, Serialize};

use crate::dependency::Dependency;

/// The number of products in a listing.
const LISTED: u32 = 3;

/// The names of some products.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Listing {
    pub(crate) names: Vec<String>,
    /// False if this is the last listing that was read.
    pub(crate) fresh: bool,
}

/// Why the catalog could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("catalog: {0}")]
    File(#[from] io::Error),
    #[error(transparent)]
    Rejected(#[from] CircuitBreakerError),
}

/// Counts of calls that were made inside calls of the same breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Nested {
    pub(crate) calls: u64,
    /// The calls that were made inside a probe.
    pub(crate) in_probes: u64,
}

/// Reads the catalog.
pub(crate) struct Catalog {
    directory: PathBuf,
    last_known: Mutex<Vec<String>>,
    nested: AtomicU64,
    nested_in_probes: AtomicU64,
}

impl Catalog {
    /// Writes a catalog of this many products into a new directory.
    pub(crate) fn create(directory: &Path, products: u32) -> io::Result<Self> {
        std::fs::create_dir(directory)?;
        let name = |product: u32| format!("Product {product}");
        for product in 0..products {
            std::fs::write(directory.join(product.to_string()), name(product))?;
        }
        Ok(Self {
            directory: directory.to_path_buf(),
            last_known: Mutex::new((0..LISTED).map(name).collect()),
            nested: AtomicU64::new(0),
            nested_in_probes: AtomicU64::new(0),
        })
    }

    /// Returns the first products, or the last listing while the catalog can't be read.
    ///
    /// Only one probe runs at a time. The calls inside it are part of it: if they needed permits of their own, the
    /// circuit would never close.
    #[circuit_breaker(service = "catalog", half_open_max_calls = 1, fallback = Self::last_listed)]
    pub(crate) async fn list(&self) -> Result<Listing, CatalogError> {
        let mut names = Vec::new();
        for product in 0..LISTED {
            self.count_nested();
            names.push(self.get(product).await?);
        }
        self.last_known.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&names);
        Ok(Listing { names, fresh: true })
    }

    /// Returns the name of a product.
    #[circuit_breaker(service = "catalog")]
    pub(crate) async fn get(&self, product: u32) -> Result<String, CatalogError> {
        Ok(self.read(product).await?)
    }

    #[expect(clippy::unnecessary_wraps, reason = "a fallback has the return type of its function")]
    fn last_listed(&self, _error: CatalogError) -> Result<Listing, CatalogError> {
        let names = self.last_known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Listing { names, fresh: false })
    }

    /// The unprotected part of [`get`](Self::get). The drill also calls it directly, to show what a caller without a
    /// breaker experiences.
    pub(crate) async fn read(&self, product: u32) -> io::Result<String> {
        tokio::fs::read_to_string(self.directory.join(product.to_string())).await
    }

    /// Returns the counts of nested calls so far.
    pub(crate) fn nested(&self) -> Nested {
        Nested { calls: self.nested.load(Ordering::Relaxed), in_probes: self.nested_in_probes.load(Ordering::Relaxed) }
    }

    /// Counts a nested call for the verdict. The drill makes one listing at a time, so a listing that runs while the
    /// circuit is half-open is its probe.
    fn count_nested(&self) {
        self.nested.fetch_add(1, Ordering::Relaxed);
        let breaker = Registry::global().get(Dependency::Catalog.name());
        if breaker.is_some_and(|breaker| breaker.state() == State::HalfOpen) {
            self.nested_in_probes.fetch_add(1, Ordering::Relaxed);
        }
    }
}
