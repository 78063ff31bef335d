//! An S3 server, and clients of the SDK for it.

use std::net::SocketAddr;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region, StalledStreamProtectionConfig};
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// An S3 server with the bucket `photos`. It ends with the runtime.
pub struct Server {
    pub address: SocketAddr,
    _directory: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        std::fs::create_dir(directory.path().join("photos")).expect("the directory is empty");
        let mut service = S3ServiceBuilder::new(FileSystem::new(directory.path()).expect("the directory exists"));
        service.set_auth(SimpleAuth::from_single("key", "secret"));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    // The proxy breaks connections.
                    let _ = server.serve_connection(TokioIo::new(connection), service).await;
                });
            }
        });
        Self { address, _directory: directory }
    }
}

/// The configuration of a client for the server at this address, with up to this number of attempts.
pub fn config(address: SocketAddr, attempts: u32) -> Builder {
    config_with(address, attempts, "secret")
}

pub fn config_with(address: SocketAddr, attempts: u32, secret: &str) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .credentials_provider(Credentials::new("key", secret, None, None, "static"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
}

pub fn client(config: Builder) -> Client {
    Client::from_conf(config.build())
}
