//! A client of the drill's own S3 server: as much of an object store as the drill needs.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use hyper::{Method, StatusCode};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, Extensions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use url::Url;

use super::http::{Http, HttpError};
use crate::BoxError;

const BUCKET: &str = "photos";
/// The region and the keys of the drill's own server.
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCESS_KEY: &str = "drill";
pub(crate) const SECRET_KEY: &str = "not-a-secret";

const NAME: &str = "S3";
/// How long the server accepts a signed request.
const SIGNED_FOR: Duration = Duration::from_mins(1);

/// A bucket of the server.
pub(crate) struct S3Client {
    http: Http,
    bucket: Bucket,
    credentials: Credentials,
}

impl S3Client {
    /// A client of the server at this address.
    pub(crate) fn new(server: SocketAddr) -> Result<Self, BoxError> {
        Ok(Self {
            http: Http::new(),
            bucket: Bucket::new(format!("http://{server}").parse()?, UrlStyle::Path, BUCKET, REGION)?,
            credentials: Credentials::new(ACCESS_KEY, SECRET_KEY),
        })
    }

    async fn send(&self, method: Method, location: &Path, signed: Url, body: Bytes) -> Result<Bytes> {
        self.http.send(method, signed.as_str(), body).await.map_err(|error| match error {
            HttpError::Status(StatusCode::NOT_FOUND) => {
                Error::NotFound { path: location.to_string(), source: Box::new(error) }
            }
            error => Error::Generic { store: NAME, source: Box::new(error) },
        })
    }
}

#[async_trait]
impl ObjectStore for S3Client {
    async fn put_opts(&self, location: &Path, payload: PutPayload, _: PutOptions) -> Result<PutResult> {
        let signed = self.bucket.put_object(Some(&self.credentials), location.as_ref()).sign(SIGNED_FOR);
        self.send(Method::PUT, location, signed, payload.into()).await?;
        Ok(PutResult { e_tag: None, version: None, extensions: Extensions::default() })
    }

    async fn get_opts(&self, location: &Path, _: GetOptions) -> Result<GetResult> {
        let signed = self.bucket.get_object(Some(&self.credentials), location.as_ref()).sign(SIGNED_FOR);
        let object = self.send(Method::GET, location, signed, Bytes::new()).await?;
        let size = object.len() as u64;
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream::once(std::future::ready(Ok(object))).boxed()),
            meta: ObjectMeta {
                location: location.clone(),
                last_modified: SystemTime::UNIX_EPOCH.into(),
                size,
                e_tag: None,
                version: None,
            },
            range: 0..size,
            attributes: Attributes::default(),
            extensions: Extensions::default(),
        })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(unneeded("put_multipart"))
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(std::future::ready(Err(unneeded("delete")))).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::once(std::future::ready(Err(unneeded("list")))).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(unneeded("list_with_delimiter"))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(unneeded("copy"))
    }
}

fn unneeded(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.to_owned(), implementer: NAME.to_owned() }
}

impl fmt::Display for S3Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

impl fmt::Debug for S3Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Client").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}
