//! Transactions that the server aborts.

use redis::pipe;
use servers::Redis;

use crate::rig::guarded;

#[tokio::test]
async fn an_aborted_transaction_counts_by_the_errors_inside() {
    let server = Redis::start();
    let mut connection = guarded(&server).await;
    let error = pipe().atomic().cmd("NOSUCHCOMMAND").exec_async(&mut connection).await.expect_err("it is aborted");
    assert_eq!((error.code(), connection.breaker().metrics().failures), (Some("EXECABORT"), 0));

    server.command(&["CONFIG", "SET", "maxmemory", "1"]).expect("it can be set");
    let error = pipe().atomic().set("key", 1).exec_async(&mut connection).await.expect_err("it is aborted");
    assert_eq!((error.code(), connection.breaker().metrics().failures), (Some("EXECABORT"), 1));
    server.command(&["CONFIG", "SET", "maxmemory", "0"]).expect("it can be set");

    // A command that fails inside a transaction that runs.
    let both = pipe().atomic().set("key", 1).lpush("key", 1).exec_async(&mut connection).await;
    let error = both.expect_err("it is no list");
    let metrics = connection.breaker().metrics();
    assert_eq!((metrics.failures, metrics.successes), (1, 2), "{error}");
    assert!(error.to_string().contains("WRONGTYPE"), "{error}");
}

#[tokio::test]
async fn a_transaction_of_a_replica_is_a_failure() {
    let server = Redis::start();
    let nobody = servers::Port::claim();
    let mut connection = guarded(&server).await;
    server.command(&["REPLICAOF", "127.0.0.1", &nobody.number().to_string()]).expect("it answers");
    let error = pipe().atomic().set("key", 1).exec_async(&mut connection).await.expect_err("it is a replica");
    assert_eq!((error.code(), connection.breaker().metrics().failures), (Some("EXECABORT"), 1));
}
