//! An S3 server for trying things out: s3s over a temporary directory, with one bucket. It ends with Ctrl-C.
//!
//! `cargo run -p servers --example s3_server [port]`

use std::process::ExitCode;

#[cfg(target_os = "linux")]
#[path = "../tests/objects/server.rs"]
mod serve;
#[cfg(target_os = "linux")]
#[path = "../tests/s3/server.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod server;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> ExitCode {
    let port = match std::env::args().nth(1).map_or(Ok(0), |port| port.parse()) {
        Ok(port) => port,
        Err(error) => {
            eprintln!("the port: {error}");
            return ExitCode::from(2);
        }
    };
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let server = match server::Server::start_at(port, directory.path().to_owned()).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("export AWS_BUCKET=bucket AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret");
    println!("cargo run --features s3 -- --s3-endpoint http://{}", server.address);
    // Ctrl-C ends it; the directory is removed.
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("the servers of the tests run on Linux");
    ExitCode::FAILURE
}
