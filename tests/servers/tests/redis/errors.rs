//! Errors of a single server, each provoked.

use std::fs;
use std::thread;

use breaker_core::Outcome;
use breaker_redis::{Guarded, classify};
use redis::{Client, ErrorKind, pipe};
use servers::{Redis, until};

use crate::rig::Counts::{AsFailure, AsSuccess};
use crate::rig::{command, counting, eventually, fails, guarded, multiplexed, reconnecting};

#[tokio::test]
async fn what_the_server_answers_is_a_success() {
    let server = Redis::start();
    server.command(&["SET", "text", "1"]).expect("it answers");
    server.command(&["ACL", "SETUSER", "limited", "on", ">secret", "~*", "+ping"]).expect("it answers");
    let mut connection = guarded(&server).await;
    fails(&mut connection, "LPUSH text 1", "WRONGTYPE", AsSuccess).await;
    fails(&mut connection, "EVALSHA 0000000000000000000000000000000000000000 0", "NOSCRIPT", AsSuccess).await;
    fails(&mut connection, "NOSUCHCOMMAND", "ERR", AsSuccess).await;
    fails(&mut connection, "SET", "ERR", AsSuccess).await;
    let mut limited =
        Guarded::with(counting(), multiplexed(&format!("redis://limited:secret@{}/", server.address())).await);
    fails(&mut limited, "GET text", "NOPERM", AsSuccess).await;
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_a_failure() {
    let server = Redis::start();
    let mut connection = guarded(&server).await;
    let set = |key: &str, value: &str| server.command(&["CONFIG", "SET", key, value]).expect("it can be set");

    set("maxmemory", "1");
    fails(&mut connection, "SET key 1", "OOM", AsFailure).await;
    // In a pipeline, beside a command that it still runs.
    let before = connection.breaker().metrics().failures;
    pipe().cmd("PING").set("key", 1).exec_async(&mut connection).await.expect_err("there is no memory");
    assert_eq!(connection.breaker().metrics().failures, before + 1);
    set("maxmemory", "0");

    set("min-replicas-to-write", "1");
    fails(&mut connection, "SET key 1", "NOREPLICAS", AsFailure).await;
    set("min-replicas-to-write", "0");

    // A directory where the file should be: it can't be written.
    fs::create_dir(server.directory().join("dump.rdb")).expect("the directory is the test's");
    set("save", "3600 100");
    server.command(&["BGSAVE"]).expect("it begins");
    until("the save fails", || {
        let info = server.command(&["INFO", "persistence"])?;
        if info.contains("rdb_last_bgsave_status:err") { Ok(()) } else { Err(info) }
    });
    fails(&mut connection, "SET key 1", "MISCONF", AsFailure).await;
    command("GET key").exec_async(&mut connection).await.expect("it can be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_a_failure() {
    let server = Redis::start_with(&["--busy-reply-threshold", "10"]);
    let mut connection = guarded(&server).await;
    thread::scope(|scope| {
        let script = scope.spawn(|| server.command(&["EVAL", "while true do end", "0"]));
        until("the script is seen", || match server.command(&["PING"]) {
            Err(error) if error.starts_with("BUSY") => Ok(()),
            other => Err(format!("{other:?}")),
        });
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(fails(&mut connection, "GET key", "BUSY", AsFailure))
        });
        server.command(&["SCRIPT", "KILL"]).expect("it has written nothing");
        script.join().expect("the thread ends").expect_err("it was killed");
    });
    eventually("the server answers", async || {
        command("PING").exec_async(&mut connection).await.map_err(|error| error.to_string())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_loading_is_a_failure() {
    let options = ["--enable-debug-command", "yes", "--loading-process-events-interval-bytes", "1024"];
    let server = Redis::start_with(&options);
    let mut connection = guarded(&server).await;
    server.command(&["DEBUG", "POPULATE", "1000", "key", "1000"]).expect("it answers");
    // In microseconds, for each key.
    server.command(&["CONFIG", "SET", "key-load-delay", "3000"]).expect("it can be set");
    thread::scope(|scope| {
        let load = scope.spawn(|| server.command(&["DEBUG", "RELOAD"]));
        until("it is loading", || match server.command(&["GET", "key"]) {
            Err(error) if error.starts_with("LOADING") => Ok(()),
            other => Err(format!("{other:?}")),
        });
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(fails(&mut connection, "GET key", "LOADING", AsFailure))
        });
        load.join().expect("the thread ends").expect("it has loaded");
    });
    command("GET key").exec_async(&mut connection).await.expect("it has loaded");
}

#[tokio::test]
async fn wrong_credentials_are_a_failure() {
    let server = Redis::start_with(&["--requirepass", "secret"]);
    let without = format!("redis://{}/", server.address());
    let mut connection = Guarded::with(counting(), multiplexed(&without).await);
    fails(&mut connection, "GET key", "NOAUTH", AsFailure).await;
    fails(&mut connection, "AUTH wrong", "WRONGPASS", AsFailure).await;

    let breaker = counting();
    let mut wrong = Guarded::with(breaker.clone(), reconnecting(&server.url_with("wrong")));
    let error = command("PING").exec_async(&mut wrong).await.expect_err("the password is wrong");
    assert_eq!((error.kind(), breaker.metrics().failures), (ErrorKind::AuthenticationFailed, 1), "{error}");
    assert!(error.to_string().contains("Password authentication failed"), "{error}");

    let mut right = Guarded::with(breaker, reconnecting(&server.url()));
    command("PING").exec_async(&mut right).await.expect("the password is right");
}

#[tokio::test]
async fn a_server_without_a_place_is_a_failure() {
    let server = Redis::start();
    let breaker = counting();
    let first = multiplexed(&server.url()).await;
    server.command(&["CONFIG", "SET", "maxclients", "1"]).expect("it can be set");
    let mut second = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    let error = command("PING").exec_async(&mut second).await.expect_err("there is no place");
    // The server closes the connection, often before its answer (`ERR max number of clients reached`) is read.
    assert_eq!(breaker.metrics().failures, 1, "{error}");
    drop(first);
    eventually("there is a place again", async || {
        command("PING").exec_async(&mut second).await.map_err(|error| error.to_string())
    })
    .await;
}

#[tokio::test]
async fn wrong_addresses_are_an_error_that_says_why() {
    for url in ["", "redis", "http://127.0.0.1/", "redis://127.0.0.1:x/", "redis://127.0.0.1/database"] {
        let error = Client::open(url).expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidClientConfig, "{url}: {error}");
        assert_eq!(classify(&Err::<(), _>(error)), Outcome::Ignore, "{url}");
    }
    let nobody = servers::Port::claim();
    for url in [format!("redis://{}/", nobody.address()), "redis://no-such-host.invalid/".to_owned()] {
        let breaker = counting();
        let mut connection = Guarded::with(breaker.clone(), reconnecting(&url));
        let error = command("PING").exec_async(&mut connection).await.expect_err(&url);
        assert_eq!((error.kind(), breaker.metrics().failures), (ErrorKind::Io, 1), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_server_of_another_protocol_is_a_failure() {
    let http = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let url = format!("redis://{}/", http.local_addr().expect("it is bound"));
    thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut stream in http.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1000]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        }
    });
    let breaker = counting();
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&url));
    let error = command("PING").exec_async(&mut connection).await.expect_err("it speaks HTTP");
    assert_eq!(breaker.metrics().failures, 1, "{error}");
    assert!(error.to_string().contains("Parse error"), "{error}");
}
