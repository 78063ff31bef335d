//! A failover: the former master is a replica, and keeps its connections.

use std::sync::Arc;

use breaker_core::State;
use breaker_redis::{Connection, Guarded, classify};
use redis::ErrorKind;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::sentinel::{SentinelClient, SentinelServerType};
use servers::{Proxy, Redis, RedisSentinel, until};
use tokio::sync::Mutex;

use crate::rig::Counts::AsFailure;
use crate::rig::{LONG, command, counting, eventually, fails, guarded, quick, reconnecting};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_the_connection_finds_the_new_master() {
    let pair = RedisSentinel::start();
    // Stands for a name that leads to the master.
    let proxy = Proxy::start(pair.first.address());
    let url = format!("redis://{}/", proxy.address());
    let client = redis::Client::open(url.as_str()).expect("it is a URL");
    let manager: ConnectionManager = client.get_connection_manager().await.expect("it answers");
    let mut left = Guarded::with(counting(), manager);
    let breaker = quick(3);
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&url));
    let mut another = connection.clone();
    for connection in [&mut connection, &mut another] {
        command("SET key 1").exec_async(connection).await.expect("it is the master");
    }
    command("SET key 1").exec_async(&mut left).await.expect("it is the master");

    tokio::task::block_in_place(|| pair.fail_over());
    // The sentinel closes the connections of clients, but not those that they make afterwards.
    eventually("the server has taken its new role", async || match command("SET key 2").exec_async(&mut left).await {
        Err(error) if error.code() == Some("READONLY") => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    eventually("the circuit opens", async || {
        let result = command("SET key 2").exec_async(&mut connection).await;
        if breaker.metrics().transitions.closed_to_open > 0 { Ok(()) } else { Err(format!("{result:?}")) }
    })
    .await;
    proxy.retarget(pair.second.address());
    for connection in [&mut connection, &mut another] {
        eventually("the new master is found", async || {
            command("SET key 3").exec_async(connection).await.map_err(|error| error.to_string())
        })
        .await;
    }
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(pair.second.command(&["GET", "key"]).as_deref(), Ok("3"));
    // redis' own manager stays where it is.
    fails(&mut left, "SET key 4", "READONLY", AsFailure).await;
}

/// A connection to the master that the sentinel knows.
fn found(pair: &RedisSentinel) -> Connection {
    let name = RedisSentinel::MASTER.to_owned();
    let sentinels = SentinelClient::build(vec![pair.url()], name, None, SentinelServerType::Master);
    let sentinels = Arc::new(Mutex::new(sentinels.expect("it is valid")));
    let find = move || {
        let sentinels = Arc::clone(&sentinels);
        async move { sentinels.lock().await.async_get_client().await }
    };
    let config = ConnectionManagerConfig::new().set_response_timeout(None).set_connection_timeout(Some(LONG));
    Connection::found_by_with_config(find, config)
}

#[tokio::test]
async fn a_connection_that_asks_the_sentinel_follows_the_master() {
    let pair = RedisSentinel::start();
    let breaker = quick(3);
    let mut connection = Guarded::with(breaker.clone(), found(&pair));
    command("SET key 1").exec_async(&mut connection).await.expect("it is the master");
    assert_eq!(pair.first.command(&["GET", "key"]).as_deref(), Ok("1"));

    pair.first.kill();
    eventually("the new master is found", async || {
        command("SET key 2").exec_async(&mut connection).await.map_err(|error| error.to_string())
    })
    .await;
    assert_eq!(pair.second.command(&["GET", "key"]).as_deref(), Ok("2"));
    assert!(breaker.state() == State::Closed && breaker.metrics().failures > 0);

    // The sentinel itself may be gone, as long as the master isn't.
    pair.kill();
    command("SET key 3").exec_async(&mut connection).await.expect("it is connected");
    pair.second.kill();
    eventually("the circuit opens", async || {
        let result = command("GET key").exec_async(&mut connection).await;
        if breaker.state() == State::Closed { Err(format!("{result:?}")) } else { Ok(()) }
    })
    .await;
}

#[tokio::test]
async fn a_replica_without_its_master_is_a_failure() {
    let master = Redis::start();
    let port = master.port().to_string();
    let replica = Redis::start_with(&["--replicaof", "127.0.0.1", &port, "--replica-serve-stale-data", "no"]);
    until("the replica is in sync", || {
        let info = replica.command(&["INFO", "replication"])?;
        if info.contains("master_link_status:up") { Ok(()) } else { Err(info) }
    });
    let mut connection = guarded(&replica).await;
    fails(&mut connection, "SET key 1", "READONLY", AsFailure).await;
    command("GET key").exec_async(&mut connection).await.expect("a replica can be read");
    master.kill();
    until("the replica notices", || {
        let info = replica.command(&["INFO", "replication"])?;
        if info.contains("master_link_status:down") { Ok(()) } else { Err(info) }
    });
    fails(&mut connection, "GET key", "MASTERDOWN", AsFailure).await;
}

#[tokio::test]
async fn sentinels_that_know_no_master_are_a_failure() {
    let pair = RedisSentinel::start();
    for (name, is_known) in [(RedisSentinel::MASTER, true), ("another", false)] {
        let sentinel = SentinelClient::build(vec![pair.url()], name.to_owned(), None, SentinelServerType::Master);
        let result = sentinel.expect("it is valid").get_async_connection().await;
        assert_eq!(result.is_ok(), is_known, "{name}");
        let outcome = classify(&result);
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::MasterNameNotFoundBySentinel, "{error}");
            assert_eq!(outcome, breaker_core::Outcome::Failure);
        }
    }
}
