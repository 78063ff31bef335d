//! The client of the photo store: the S3 protocol over HTTP, behind the breaker `s3`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use bytes::Bytes;
use hyper::Method;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};

use super::http::{Http, HttpError};
use crate::BoxError;

const BUCKET: &str = "photos";
/// The region and the keys of the drill's own server.
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCESS_KEY: &str = "drill";
pub(crate) const SECRET_KEY: &str = "not-a-secret";

/// How long the server accepts a signed request.
const SIGNED_FOR: Duration = Duration::from_mins(1);

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
    Store(#[from] HttpError),
    #[error(transparent)]
    Rejected(#[from] CircuitBreakerError),
    #[error("no local copy of the photo of product {product} ({disk}) after: {cause}")]
    NoCopy { product: u32, disk: std::io::Error, cause: Box<PhotoError> },
}

/// Fetches photos.
pub(crate) struct PhotoClient {
    http: Http,
    bucket: Bucket,
    credentials: Credentials,
    copies: PathBuf,
}

impl PhotoClient {
    /// Makes a client of the S3 server at `server`, with small copies in the directory `copies`.
    pub(crate) fn new(server: SocketAddr, copies: &Path) -> Result<Self, BoxError> {
        let endpoint = format!("http://{server}").parse()?;
        Ok(Self {
            http: Http::new(),
            bucket: Bucket::new(endpoint, UrlStyle::Path, BUCKET, REGION)?,
            credentials: Credentials::new(ACCESS_KEY, SECRET_KEY),
            copies: copies.to_path_buf(),
        })
    }

    /// Uploads a photo for each product, and puts a small copy of it on the local disk.
    pub(crate) async fn seed(&self, products: u32) -> Result<(), BoxError> {
        for product in 0..products {
            let address = self.bucket.put_object(Some(&self.credentials), &key(product)).sign(SIGNED_FOR);
            self.http.send(Method::PUT, address.as_str(), vec![0xff; 8 * 1024].into()).await?;
            tokio::fs::write(self.copies.join(product.to_string()), [0xff; 1024]).await?;
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
    pub(crate) async fn download(&self, product: u32) -> Result<Bytes, HttpError> {
        let address = self.bucket.get_object(Some(&self.credentials), &key(product)).sign(SIGNED_FOR);
        self.http.get(address.as_str()).await
    }
}

fn key(product: u32) -> String {
    format!("product-{product}.jpg")
}
