//! The client of the photo store: S3 through `object_store`, behind the breaker `s3`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectStoreExt as _, RetryConfig};

use super::plain_http::PlainHttp;

/// The bucket, which is a directory on the server.
pub(crate) const BUCKET: &str = "photos";
/// The access key of the drill's own server.
pub(crate) const ACCESS_KEY: &str = "drill";
pub(crate) const SECRET_KEY: &str = "not-a-secret";

/// A photo of a product.
#[derive(Clone, Debug)]
pub(crate) struct Photo {
    pub(crate) bytes: Bytes,
    /// False if this is the small copy from the local disk.
    pub(crate) fresh: bool,
}

/// Why a photo could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PhotoError {
    #[error("photo store: {0}")]
    Store(#[from] object_store::Error),
    #[error(transparent)]
    Rejected(#[from] CircuitBreakerError),
    #[error("no local copy of the photo of product {product} ({disk}) after: {cause}")]
    NoCopy { product: u32, disk: std::io::Error, cause: Box<PhotoError> },
}

/// Fetches photos.
pub(crate) struct PhotoClient {
    store: AmazonS3,
    copies: PathBuf,
}

impl PhotoClient {
    /// Makes a client of the S3 server at `server`, with small copies in the directory `copies`.
    pub(crate) fn new(server: SocketAddr, copies: &Path) -> Result<Self, PhotoError> {
        let store = AmazonS3Builder::new()
            .with_endpoint(format!("http://{server}"))
            .with_region("us-east-1")
            .with_bucket_name(BUCKET)
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET_KEY)
            .with_allow_http(true)
            .with_virtual_hosted_style_request(false)
            .with_http_connector(PlainHttp)
            // The breaker decides when to try again. Retries below it would hide the outage from it.
            .with_retry(RetryConfig { max_retries: 0, retry_timeout: Duration::from_secs(1), ..RetryConfig::default() })
            .build()?;
        Ok(Self { store, copies: copies.to_path_buf() })
    }

    /// Uploads a photo of each product, and writes a small copy to the local disk.
    pub(crate) async fn seed(&self, products: u32) -> Result<(), PhotoError> {
        for product in 0..products {
            self.store.put(&key(product), vec![0xff; 8 * 1024].into()).await?;
            tokio::fs::write(self.copies.join(product.to_string()), [0xff; 1024])
                .await
                .map_err(|source| object_store::Error::Generic { store: "local copies", source: Box::new(source) })?;
        }
        Ok(())
    }

    /// Returns the photo of a product, or the small local copy while the store does not answer.
    #[circuit_breaker(service = "s3", preset = "s3", fallback = Self::local_copy)]
    pub(crate) async fn fetch(&self, product: u32) -> Result<Photo, PhotoError> {
        Ok(Photo { bytes: self.download(product).await?, fresh: true })
    }

    async fn local_copy(&self, product: u32, error: PhotoError) -> Result<Photo, PhotoError> {
        match tokio::fs::read(self.copies.join(product.to_string())).await {
            Ok(bytes) => Ok(Photo { bytes: bytes.into(), fresh: false }),
            Err(disk) => Err(PhotoError::NoCopy { product, disk, cause: Box::new(error) }),
        }
    }

    /// The unprotected part of [`fetch`](Self::fetch). The drill also calls it directly, to show what a caller without
    /// a breaker experiences.
    pub(crate) async fn download(&self, product: u32) -> Result<Bytes, object_store::Error> {
        self.store.get(&key(product)).await?.bytes().await
    }
}

fn key(product: u32) -> object_store::path::Path {
    object_store::path::Path::from(format!("product-{product}.jpg"))
}
