//! Ten thousand connections at once. The server is a process of its own, because both ends of a connection take a file
//! descriptor, and a process may often have no more than 20,000.

#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use breaker_axum::Endpoints;
use breaker_core::{Config, Registry};

const CONNECTIONS: usize = 10_000;

/// The threads that connect, each to a port of its own: the more connections a port has, the longer the kernel searches
/// for a free one at the other end.
const THREADS: usize = 8;

/// The connections that a thread opens at a time.
const BATCH: usize = 125;

/// Files beside the connections: the runtime's, those of the test, and connections that are not closed yet.
const OTHERS: usize = 200;

/// Set in the process that is the server.
const IS_SERVER: &str = "BREAKER_AXUM_TEST_IS_SERVER";

/// Precedes each address in the output of the server.
const ADDRESS: &str = "serves at ";

/// A server in another process, which ends when its standard input is closed.
struct Server {
    process: Child,
    _input: ChildStdin,
    _output: BufReader<ChildStdout>,
    addresses: Vec<SocketAddr>,
}

impl Server {
    fn start() -> Self {
        let this = env::current_exe().expect("the test has a file");
        let mut process = Command::new(this)
            .args(["--exact", "ten_thousand_connections_are_held_and_given_back", "--nocapture"])
            .env(IS_SERVER, "yes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test can start itself");
        let input = process.stdin.take().expect("it is piped");
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let lines = output.by_ref().lines().map(|line| line.expect("the server prints text"));
        let addresses = lines.filter_map(|line| line.split_once(ADDRESS)?.1.parse().ok()).take(THREADS);
        let addresses: Vec<_> = addresses.collect();
        assert_eq!(addresses.len(), THREADS, "the server has ended");
        Self { process, _input: input, _output: output, addresses }
    }

    /// Opens all connections. A request now and then waits until the server has accepted the ones before it: its queue is
    /// shorter, and the kernel repeats a connection that found it full after a second.
    fn connections(&self) -> Vec<TcpStream> {
        let part = |address| {
            let batches = (0..CONNECTIONS / THREADS / BATCH).map(|_| {
                let batch: Vec<_> = (0..BATCH).map(|_| connect(address)).collect();
                health(address);
                batch
            });
            batches.flatten().collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = self.addresses.iter().map(|address| scope.spawn(|| part(*address))).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect()
        })
    }

    fn health(&self) -> String {
        health(self.addresses[0])
    }

    /// How many file descriptors the server has open.
    fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.id())).expect("the server runs").count()
    }

    /// Makes requests until the number of descriptors is as wanted. Connections are accepted and closed by the time of the
    /// server; it needs some requests at the most.
    fn ask_until(&self, what: &str, is_wanted: impl Fn(usize) -> bool) -> usize {
        for _ in 0..10_000 {
            self.health();
            let descriptors = self.descriptors();
            if is_wanted(descriptors) {
                return descriptors;
            }
        }
        panic!("{what}: the server has {} descriptors", self.descriptors());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is a child of this test, and has nothing to save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn connect(server: SocketAddr) -> TcpStream {
    TcpStream::connect(server).expect("the server accepts connections")
}

/// Returns the body of the health, by a connection of its own.
fn health(server: SocketAddr) -> String {
    let mut connection = connect(server);
    connection.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("connected");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("the answer has a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    body.to_owned()
}

#[test]
fn ten_thousand_connections_are_held_and_given_back() {
    if env::var_os(IS_SERVER).is_some() {
        return serve();
    }
    assert_enough_files();
    let server = Server::start();
    let report = server.health();
    let before = server.ask_until("before", |descriptors| descriptors < OTHERS);
    for _ in 0..2 {
        let connections = server.connections();
        // Half of them have sent a part of a request.
        for mut connection in connections.iter().step_by(2) {
            connection.write_all(b"GET /metrics HTTP/1.1\r\nhost:").expect("connected");
        }
        server.ask_until("with all connections", |descriptors| descriptors >= CONNECTIONS);
        assert_eq!(server.health(), report);
        drop(connections);
        server.ask_until("after all connections", |descriptors| descriptors <= before);
        assert_eq!(server.health(), report);
    }
}

/// The limit holds for this process and for the server, which inherits it.
fn assert_enough_files() {
    let limits = fs::read_to_string("/proc/self/limits").expect("Linux has it");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("Linux limits files");
    let soft = line.split_whitespace().nth(3).expect("the soft limit");
    let needed = CONNECTIONS + OTHERS;
    let is_enough = soft == "unlimited" || soft.parse::<usize>().is_ok_and(|soft| soft >= needed);
    assert!(
        is_enough,
        "this test needs {needed} open files, but the limit is {soft}: run `ulimit -n {needed}` before it"
    );
}

/// Serves until the standard input is closed.
fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be started");
    let registry = Registry::new();
    registry.get_or_create("db", Config::default());
    let app = Endpoints::new(&registry).into_router();
    for _ in 0..THREADS {
        let app = app.clone();
        runtime.spawn(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
            println!("{ADDRESS}{}", listener.local_addr().expect("it is bound"));
            axum::serve(listener, app).await
        });
    }
    let _ = io::stdin().read(&mut [0]);
    runtime.shutdown_background();
}
