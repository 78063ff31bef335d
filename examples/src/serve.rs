//! `--serve`: the review service without traffic and outages, until it is stopped.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use breaker_core::Registry;

use crate::service::PRODUCTS;
use crate::stage::Stage;
use crate::upstream::Upstreams;
use crate::{BoxError, INTERRUPTED};

/// Serves on this port (0: a free one) until Ctrl-C or SIGTERM. Then it answers the requests in flight, and stops the
/// health checks and the watch of the file.
pub(crate) async fn run(port: u16, upstreams: Upstreams) -> Result<ExitCode, BoxError> {
    let stage = Stage::build(port, upstreams).await?;
    let mut out = io::stdout().lock();
    write!(out, "{}", welcome(stage.web.address(), &stage.file.display().to_string()))?;
    out.flush()?;
    drop(out);
    stopped().await?;
    eprintln!("stopping: the requests in flight are answered first; Ctrl-C stops at once");
    tokio::select! {
        ended = stage.web.stop() => ended?,
        again = stopped() => {
            again?;
            return Ok(ExitCode::from(INTERRUPTED));
        }
    }
    Registry::global().shutdown().await;
    stage.service.reviews.clear().await?;
    stage.service.photos.clear(PRODUCTS).await?;
    Ok(ExitCode::SUCCESS)
}

fn welcome(server: SocketAddr, file: &str) -> String {
    format!(
        "\
The review service is at http://{server}. Ctrl-C stops it.

  curl -i http://{server}/health          503 if a critical one is open
  curl -i http://{server}/health/ready    200 as long as it serves
  curl -i http://{server}/health/live     200 as long as it runs
  curl -i http://{server}/metrics         for Prometheus
  curl -i http://{server}/breakers        all circuit breakers
  curl -i http://{server}/breakers/s3     one of them, its settings

  curl -i http://{server}/products        the catalog
  curl -i http://{server}/products/1      reviews and photo, cached
  curl -i http://{server}/products/1/price
  curl -i http://{server}/reviews/1       no fallback: can be 503
  curl -i http://{server}/reviews/1 -d 'Good.'
  curl -o /dev/null http://{server}/photos/1

It watches its settings:
  {file}
"
    )
}

#[cfg(unix)]
async fn stopped() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stopped() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::welcome;

    #[test]
    fn the_welcome_fits_a_terminal_and_names_the_file() {
        let text = welcome(([127, 0, 0, 1], 65_535).into(), "/tmp/breakers.yaml");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.contains("/tmp/breakers.yaml") && text.contains("http://127.0.0.1:65535/health "), "{text}");
    }
}
