//! An S3 server.

use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::S3Auth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

/// The only access key, and its secret.
pub(crate) const KEY: [&str; 2] = ["key", "secret"];

/// Serves the buckets in this directory, until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, directory: &Path, auth: impl S3Auth) {
    let mut service = S3ServiceBuilder::new(FileSystem::new(directory).expect("the directory exists"));
    service.set_auth(auth);
    let service = service.build();
    while let Ok((connection, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            // Some tests break connections.
            let _ = server.serve_connection(TokioIo::new(connection), service).await;
        });
    }
}
