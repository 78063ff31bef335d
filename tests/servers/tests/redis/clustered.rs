//! A cluster.

use breaker_core::State;
use breaker_redis::Guarded;
use redis::AsyncCommands as _;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use servers::{RedisCluster, until};

use crate::rig::Counts::{AsFailure, AsSuccess};
use crate::rig::{LONG, command, eventually, fails, guarded, quick};

async fn connected(cluster: &RedisCluster) -> ClusterConnection {
    let builder = ClusterClientBuilder::new(cluster.urls()).retries(0).connection_timeout(LONG).response_timeout(LONG);
    let client = builder.build().expect("it is valid");
    client.get_async_connection().await.expect("the cluster answers")
}

#[tokio::test]
async fn a_cluster_is_guarded_and_a_dead_node_opens_the_circuit() {
    let cluster = RedisCluster::start();
    let breaker = quick(3);
    let mut connection = Guarded::with(breaker.clone(), connected(&cluster).await);
    // One key for each node.
    for key in ["bar", "hello", "foo"] {
        let () = connection.set(key, key).await.expect("its node answers");
        assert_eq!(connection.get::<_, String>(key).await.expect("its node answers"), key);
    }
    let [_, _, last] = &cluster.nodes;
    last.kill();
    eventually("the circuit opens", async || {
        let result = connection.get::<_, Option<String>>("foo").await;
        if breaker.metrics().transitions.closed_to_open > 0 { Ok(()) } else { Err(format!("{result:?}")) }
    })
    .await;
    last.start();
    cluster.wait_until_complete();
    eventually("the circuit closes", async || {
        // What was not persisted is gone.
        connection.get::<_, Option<String>>("foo").await.map_err(|error| error.to_string())
    })
    .await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn redirections_are_successes_and_what_can_t_be_served_is_a_failure() {
    let cluster = RedisCluster::start();
    let [first, _, last] = &cluster.nodes;
    let mut connection = guarded(first).await;
    let mut to_last = guarded(last).await;
    fails(&mut connection, "GET foo", "MOVED", AsSuccess).await;
    fails(&mut connection, "MGET bar hello", "CROSSSLOT", AsSuccess).await;

    // The slot of `bar`, as if it moved from the first node to the last one.
    let [first_id, last_id] = [first, last].map(|node| node.command(&["CLUSTER", "MYID"]).expect("it answers"));
    let slot = first.command(&["CLUSTER", "KEYSLOT", "bar"]).expect("it answers");
    first.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &last_id]).expect("it answers");
    last.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &first_id]).expect("it answers");
    fails(&mut connection, "GET bar", "ASK", AsSuccess).await;
    command("ASKING").exec_async(&mut to_last).await.expect("it answers");
    fails(&mut to_last, "MGET {bar}1 {bar}2", "TRYAGAIN", AsFailure).await;
    first.command(&["CLUSTER", "SETSLOT", &slot, "STABLE"]).expect("it answers");

    last.kill();
    until("the others notice", || match first.command(&["GET", "bar"]) {
        Err(error) if error.starts_with("CLUSTERDOWN") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    fails(&mut connection, "GET bar", "CLUSTERDOWN", AsFailure).await;
}

#[tokio::test]
async fn a_cluster_that_is_gone_is_a_failure() {
    let cluster = RedisCluster::start();
    let breaker = quick(1000);
    let mut connection = Guarded::with(breaker.clone(), connected(&cluster).await);
    command("GET bar").exec_async(&mut connection).await.expect("it answers");
    cluster.nodes.iter().for_each(|node| node.kill());
    for failures in 1..=3 {
        let error = command("GET bar").exec_async(&mut connection).await.expect_err("there is no node");
        assert_eq!(breaker.metrics().failures, failures, "{error}");
    }
}
