//! Nothing stays behind: no process, no directory.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use servers::{Postgres, Process, Redis, until};

fn traces(server: &Process) -> (SocketAddr, PathBuf) {
    (server.address(), server.directory().to_path_buf())
}

fn is_gone((address, directory): &(SocketAddr, PathBuf)) -> Result<(), String> {
    if directory.exists() {
        return Err(format!("{} exists", directory.display()));
    }
    match TcpStream::connect(address) {
        Ok(_) => Err(format!("something listens on {address}")),
        Err(_) => Ok(()),
    }
}

#[test]
fn a_panic_leaves_nothing_behind() {
    let left = Mutex::new(None);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let server = Redis::start();
        // Stopped processes have to go, too.
        server.pause();
        *left.lock().expect("it is not poisoned") = Some(traces(&server));
        panic!("the test fails");
    }));
    let message = *panic.expect_err("it panicked").downcast::<&str>().expect("it has a message");
    assert_eq!(message, "the test fails");
    let left = left.into_inner().expect("it is not poisoned").expect("the server ran");
    assert_eq!(is_gone(&left), Ok(()));
}

/// Not a test: `a_killed_test_leaves_nothing_behind` runs it in a process of its own, and kills that.
#[test]
#[ignore = "it never ends"]
fn holds_servers() {
    let (postgres, redis) = (Postgres::start(), Redis::start());
    for server in [&*postgres, &*redis] {
        let (address, directory) = traces(server);
        println!("\nserver {address} {}", directory.display());
    }
    redis.pause();
    postgres.pause();
    println!("\nready");
    loop {
        std::thread::park();
    }
}

#[test]
fn a_killed_test_leaves_nothing_behind() {
    let mut child = Command::new(std::env::current_exe().expect("this is a program"))
        .args(["--exact", "cleanup::holds_servers", "--ignored", "--nocapture"])
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut left = Vec::new();
    for line in lines.map_while(Result::ok).take_while(|line| line != "ready") {
        if let [_, address, directory] = line.split(' ').collect::<Vec<_>>()[..]
            && line.starts_with("server ")
        {
            left.push((address.parse().expect("it is an address"), PathBuf::from(directory)));
        }
    }
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().all(|(_, directory)| directory.exists()));
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    for traces in &left {
        until("nothing is left", || is_gone(traces));
    }
}
