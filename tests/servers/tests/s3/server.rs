//! The server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use s3s::auth::SimpleAuth;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::serve::{KEY, serve};

/// An S3 server with the bucket `bucket`. It ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory can be made");
        let server = Self::start_in(temporary.path().to_owned()).await;
        Self { _temporary: Some(temporary), ..server }
    }

    /// Starts a server whose files are in this directory.
    pub(crate) async fn start_in(directory: PathBuf) -> Self {
        Self::start_at(0, directory).await.expect("a port")
    }

    /// Starts it on this port; 0 is a free one.
    pub(crate) async fn start_at(port: u16, directory: PathBuf) -> io::Result<Self> {
        std::fs::create_dir(directory.join("bucket")).expect("the directory is empty");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let served = directory.clone();
        tokio::spawn(async move { serve(listener, &served, SimpleAuth::from_single(KEY[0], KEY[1])).await });
        Ok(Self { address, directory, _temporary: None })
    }

    /// The bucket is gone.
    pub(crate) fn remove_bucket(&self) {
        std::fs::remove_dir_all(self.directory.join("bucket")).expect("it exists");
    }

    /// Returns the names of all files of objects and of uploads that are not completed.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names = Vec::new();
        for directory in [&self.directory, &self.directory.join("bucket")] {
            for entry in std::fs::read_dir(directory).expect("it exists") {
                let entry = entry.expect("it can be read");
                // Metadata is kept in files of its own.
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_file() && !name.starts_with(".bucket-") {
                    names.push(name);
                }
            }
        }
        names.sort();
        names
    }
}
