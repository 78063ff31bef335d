//! A full disk.

use std::path::PathBuf;
use std::process::Command;

use breaker_core::State;
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt};

use crate::rig::{Server, client};

/// Set in the process whose own mounts the test may change.
const INSIDE: &str = "S3_TEST_INSIDE_OF_NAMESPACE";

/// Runs itself again in a process that may mount a small file system, which nobody else sees.
#[test]
fn a_full_disk_opens_the_circuit_and_keeps_what_is_stored() {
    if std::env::var_os(INSIDE).is_some() {
        return tokio::runtime::Runtime::new().expect("a runtime").block_on(full());
    }
    let program = std::env::current_exe().expect("the test has a program");
    let test = "disk::a_full_disk_opens_the_circuit_and_keeps_what_is_stored";
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user"])
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("`unshare` is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

async fn full() {
    let directory = tempfile::tempdir().expect("a directory");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(directory.path()).status();
    assert!(mounted.expect("`mount` is installed").success());
    let server = Server::start_in(PathBuf::from(directory.path())).await;
    let client = client(server.address);
    let (small, large) = (Path::from("small"), Path::from("large"));
    client.store.put(&small, "kept".into()).await.unwrap();
    for _ in 0..2 {
        let error = client.store.put(&large, vec![7; 2_000_000].into()).await.unwrap_err();
        assert!(matches!(error, Error::Generic { .. }), "{error}");
    }
    assert_eq!((client.outer.state(), client.inner.state()), (State::Open, State::Open));
    client.outer.reset();
    client.inner.reset();
    assert_eq!(client.store.get(&small).await.unwrap().bytes().await.unwrap(), "kept");
    assert!(matches!(client.store.head(&large).await, Err(Error::NotFound { .. })), "no half of an object");
    // Gone with the process; until then, the directory can't be removed.
    assert!(Command::new("umount").arg("--lazy").arg(directory.path()).status().expect("it is installed").success());
}
