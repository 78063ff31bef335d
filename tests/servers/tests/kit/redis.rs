use servers::{Redis, RedisCluster, RedisSentinel, until};

use crate::survives;

#[test]
fn redis_keeps_its_data() {
    let server = Redis::start_with(&["--requirepass", "secret", "--appendonly", "yes", "--appendfsync", "always"]);
    let version = server.command(&["INFO", "server"]).expect("it answers");
    assert!(version.contains("redis_version:7."), "{version}");
    survives(&server, || server.command(&["SET", "kept", "1"]).map(drop), || server.command(&["GET", "kept"]));
    let error = server.command(&["LPUSH", "kept", "2"]).expect_err("it is no list");
    assert!(error.starts_with("WRONGTYPE"), "{error}");
    assert_eq!(server.url(), format!("redis://:secret@127.0.0.1:{}/", server.port()));
}

#[test]
fn redis_without_persistence_forgets() {
    let server = Redis::start();
    server.command(&["SET", "key", "1"]).expect("it answers");
    server.restart();
    assert_eq!(server.command(&["EXISTS", "key"]).as_deref(), Ok("0"));
}

#[test]
fn the_sentinel_makes_the_replica_the_master() {
    let pair = RedisSentinel::start();
    pair.first.command(&["SET", "key", "1"]).expect("the master takes it");
    until("the replica has it", || {
        pair.second.command(&["GET", "key"]).and_then(|value| if value == "1" { Ok(()) } else { Err(value) })
    });
    assert_eq!(pair.master_port(), Ok(pair.first.port()));

    pair.fail_over();
    assert_eq!(pair.master_port(), Ok(pair.second.port()));
    let error = pair.first.command(&["SET", "key", "2"]).expect_err("it is a replica");
    assert!(error.starts_with("READONLY"), "{error}");

    // Nobody asks the sentinel this time: it notices by itself.
    pair.second.kill();
    until("the sentinel notices a dead master", || match pair.master_port()? {
        port if port == pair.first.port() => Ok(()),
        port => Err(port.to_string()),
    });
}

#[test]
fn a_cluster_without_a_node_is_down() {
    let cluster = RedisCluster::start();
    let [first, _, last] = &cluster.nodes;
    assert_eq!(cluster.urls().len(), 3);
    // Slot 12182, in the last third.
    let error = first.command(&["SET", "foo", "1"]).expect_err("another node has it");
    assert_eq!(error, format!("MOVED 12182 {}", last.address()));
    assert_eq!(last.command(&["SET", "foo", "1"]).as_deref(), Ok("OK"));

    last.kill();
    until("the others notice", || match first.command(&["GET", "bar"]) {
        Err(error) if error.starts_with("CLUSTERDOWN") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    last.start();
    cluster.wait_until_complete();
}

#[test]
fn a_server_that_ends_by_itself_is_started_again() {
    let server = Redis::start();
    server.revive();
    assert!(server.is_running(), "it is left alone while it answers");
    // It ends the connection instead of an answer.
    let _ = server.command(&["SHUTDOWN", "NOSAVE"]);
    server.revive();
    assert_eq!(server.command(&["PING"]).as_deref(), Ok("PONG"));
}
