//! The photos of products: an object store behind the breaker `s3`, with copies of lower quality on the local disk.

use std::path::Path;
use std::sync::Arc;

use breaker_object_store::GuardedStore;
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, Result};

use crate::dependency::Dependency;

/// A bucket: that of the drill's own server, or one that the user has.
pub(crate) type Bucket = Arc<dyn ObjectStore>;

/// The size of a photo, and of its copy.
const SIZE: usize = 8 * 1024;
/// What photos and copies are made of.
const PHOTO: u8 = 0xff;
const COPY: u8 = 0x7f;

/// A photo of a product.
#[derive(Clone, Debug)]
pub(crate) struct Photo {
    pub(crate) bytes: Bytes,
    /// False if this is the copy from the local disk.
    pub(crate) fresh: bool,
}

/// Fetches photos.
pub(crate) struct PhotoClient {
    store: GuardedStore<Bucket>,
    copies: LocalFileSystem,
}

impl PhotoClient {
    /// Makes a client of this bucket, with copies in the directory `copies`, from which it reads during an outage.
    pub(crate) fn new(bucket: Bucket, copies: &Path) -> Result<Self> {
        let copies = LocalFileSystem::new_with_prefix(copies)?;
        Ok(Self { store: GuardedStore::new(Dependency::S3.name(), bucket).fallback(copies.clone()), copies })
    }

    /// Uploads a photo for each product, past the breaker, and puts a copy of it on the local disk.
    pub(crate) async fn seed(&self, products: u32) -> Result<()> {
        for product in 0..products {
            self.store.get_ref().put(&key(product), vec![PHOTO; SIZE].into()).await?;
            self.copies.put(&key(product), vec![COPY; SIZE].into()).await?;
        }
        Ok(())
    }

    /// Returns the photo of a product, or the local copy while the store does not answer.
    ///
    /// The breaker judges a `get` when its body begins, because bodies can be long. A range is read as a whole: where its
    /// body breaks off, the copy answers, too.
    pub(crate) async fn fetch(&self, product: u32) -> Result<Photo> {
        let whole = 0..SIZE as u64;
        let bytes = self.store.get_ranges(&key(product), &[whole]).await?.concat();
        Ok(Photo { fresh: bytes.first() == Some(&PHOTO), bytes: bytes.into() })
    }

    /// Returns the photo past the breaker: for a route that has one in front of it, and to show what a caller without a
    /// breaker experiences.
    pub(crate) async fn download(&self, product: u32) -> Result<Bytes> {
        self.store.get_ref().get(&key(product)).await?.bytes().await
    }

    /// Removes the photos of the drill from the bucket.
    pub(crate) async fn clear(&self, products: u32) -> Result<()> {
        for product in 0..products {
            match self.store.get_ref().delete(&key(product)).await {
                // The drill's own server forgets its objects when it ends.
                Ok(()) | Err(Error::NotFound { .. } | Error::NotImplemented { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// In a bucket that may have other users.
fn key(product: u32) -> Key {
    Key::from(format!("breaker-drill/product-{product}.jpg"))
}
