//! Where Prometheus's programs are, and how they run.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long to wait for Prometheus, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Returns the path of a program: on the `PATH`, or where `cargo xtask test install` unpacks Debian's package.
///
/// # Panics
/// If there is none.
pub(crate) fn program(name: &str) -> PathBuf {
    let works = |path: &Path| Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success());
    let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("prometheus").join("usr/bin").join(name);
    let found = [PathBuf::from(name), unpacked].into_iter().find(|path| works(path));
    found
        .unwrap_or_else(|| panic!("`{name}` is missing: run `cargo xtask test install`, or install Prometheus by hand"))
}

/// A Prometheus of the test. It is killed when it is dropped, also by a panic.
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    /// The configuration, the data and the log.
    directory: TempDir,
}

impl Prometheus {
    /// Starts Prometheus on a free port of the loopback interface, and waits until it is ready.
    pub(crate) fn start(configuration: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("prometheus.yml"), configuration).expect("the configuration can be written");
        let address = free_address();
        let log = File::create(path("log")).expect("the log can be created");
        let child = Command::new(program("prometheus"))
            .arg(format!("--config.file={}", path("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", path("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log has one file"))
            .stderr(log)
            .spawn()
            .expect("Prometheus starts");
        let mut prometheus = Self { child, address, directory };
        prometheus.wait_for("it is ready", |prometheus| {
            let (status, _) = prometheus.get("/-/ready").ok()?;
            (status == 200).then_some(())
        });
        prometheus
    }

    /// Asks until there is an answer.
    ///
    /// # Panics
    /// If there is none in time, or Prometheus ends; with its log.
    pub(crate) fn wait_for<T>(&mut self, what: &str, ask: impl Fn(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(answer) = ask(self) {
                return answer;
            }
            let ended = self.child.try_wait().expect("the process can be asked");
            assert!(ended.is_none(), "Prometheus ended ({ended:?}) before {what}:\n{}", self.log());
            assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}; Prometheus's log:\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns the result of an instant query, or Prometheus's message.
    pub(crate) fn query(&self, query: &str) -> Result<Vec<Value>, String> {
        let answer = self.json(&format!("/api/v1/query?query={}", percent_encoded(query)))?;
        Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default())
    }

    /// Returns an answer of the HTTP API, or its message.
    pub(crate) fn json(&self, path: &str) -> Result<Value, String> {
        let (_, body) = self.get(path).map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        if answer["status"] == "success" { Ok(answer) } else { Err(answer.to_string()) }
    }

    /// Speaks HTTP 1.0, so that the body is not chunked and ends with the connection.
    fn get(&self, path: &str) -> io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no head"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or_else(|| io::Error::other("no status"))?, body.to_owned()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_else(|error| error.to_string())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended already. Without its end, the directory couldn't be removed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
    listener.local_addr().expect("it is bound")
}

fn percent_encoded(text: &str) -> String {
    text.bytes().flat_map(|byte| ["%".to_owned(), format!("{byte:02X}")]).collect()
}
