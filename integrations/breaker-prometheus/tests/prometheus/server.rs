//! A small HTTP server of metrics.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use breaker_prometheus::Format;
use prometheus_client::registry::Registry as Metrics;

/// Serves `/metrics` in the format that the request accepts, and `/text` in the text format: Prometheus 2.42 can't be
/// configured to ask for it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    metrics: Metrics,
    /// The format of each answer on `/metrics`.
    negotiated: Mutex<Vec<Format>>,
    ends: AtomicBool,
}

impl Server {
    pub(crate) fn start(metrics: Metrics) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared { metrics, negotiated: Mutex::default(), ends: AtomicBool::new(false) });
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming().take_while(|_| !shared.ends.load(Relaxed)) {
                    // A client that goes away is its own affair.
                    let _ = stream.and_then(|stream| shared.answer(&stream));
                }
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    pub(crate) fn negotiated(&self) -> Vec<Format> {
        self.shared.negotiated.lock().expect("no thread panicked").clone()
    }
}

impl Shared {
    fn answer(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let mut accept = String::new();
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            if let Some((_, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("accept")) {
                value.clone_into(&mut accept);
            }
        }
        let format = if request.starts_with("GET /text ") {
            Format::Text
        } else {
            let format = Format::of_accept(&accept).ok_or_else(|| io::Error::other(accept))?;
            self.negotiated.lock().expect("no thread panicked").push(format);
            format
        };
        let body = format.encode(&self.metrics).map_err(io::Error::other)?;
        let (content_type, length) = (format.content_type(), body.len());
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Relaxed);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
