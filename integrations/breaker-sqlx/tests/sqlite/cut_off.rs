//! Calls that are cut off, and what becomes of their connections.

use futures::FutureExt;
use sqlx::Executor;

use crate::rig::{LONG, Rig, is_timed_out, rig};

/// Whether the pool's only connection is still the one that has the table.
async fn has_table(rig: &Rig) -> bool {
    rig.settled_at_most(1).await;
    let mut connection = rig.db.pool().acquire().await.expect("a connection");
    assert!(!sqlx::Connection::is_in_transaction(&*connection));
    (&mut *connection).execute("BEGIN; ROLLBACK").await.expect("it is outside of a transaction");
    (&mut *connection).fetch_one("SELECT x FROM t").await.is_ok()
}

#[tokio::test]
async fn a_statement_of_the_pool_times_out() {
    let rig = rig().await;
    let (result, ()) = futures::join!(Executor::execute(&rig.db, LONG), rig.time_out());
    is_timed_out(result);
    assert_eq!(rig.counts(), [0, 1, 1, 0, 0, 0, 0]);
    // A database in memory survives.
    assert!(has_table(&rig).await);
}

#[tokio::test]
async fn a_statement_that_is_dropped_is_abandoned() {
    let rig = rig().await;
    {
        let mut call = std::pin::pin!(Executor::execute(&rig.db, LONG));
        while rig.counts()[6] == 0 {
            assert!(call.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(rig.counts(), [0, 0, 0, 0, 1, 0, 0]);
    assert!(has_table(&rig).await);
}

#[tokio::test]
async fn after_a_timeout_inside_a_transaction_the_connection_is_closed() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    let (result, ()) = futures::join!((&mut *transaction).execute(LONG), rig.time_out());
    is_timed_out(result);
    drop(transaction);
    assert!(!has_table(&rig).await);
}

#[tokio::test]
async fn after_a_drop_inside_a_transaction_the_connection_is_closed() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    {
        let mut call = std::pin::pin!((&mut *transaction).fetch_all(LONG));
        while rig.counts()[6] == 0 {
            assert!(call.as_mut().now_or_never().is_none());
        }
    }
    assert_eq!(rig.counts(), [1, 0, 0, 0, 1, 0, 0]);
    // Also if the transaction then ends well.
    transaction.rollback().await.expect("rolled back");
    assert!(!has_table(&rig).await);
}

#[tokio::test]
async fn a_call_that_ends_leaves_the_connection_alone() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("SELECT y FROM t").await.expect_err("no such column");
    {
        let mut rows = (&mut *transaction).fetch("SELECT x FROM t");
        assert!(futures::StreamExt::next(&mut rows).await.is_some());
    }
    transaction.rollback().await.expect("rolled back");
    assert!(has_table(&rig).await);
}

#[tokio::test]
async fn a_begin_that_is_cut_off_closes_the_connection() {
    let rig = rig().await;
    let mut connection = rig.db.acquire().await.expect("a connection");
    // The worker of the connection is busy, so BEGIN waits.
    drop((&mut *connection).execute("SELECT 1").await.expect("it answers"));
    {
        let mut long = std::pin::pin!(connection.as_inner().execute(LONG));
        assert!(long.as_mut().now_or_never().is_none());
    }
    let (result, ()) = futures::join!(connection.begin(), rig.time_out());
    is_timed_out(result.map(|_| ()));
    drop(connection);
    assert!(!has_table(&rig).await);
}

#[tokio::test]
async fn a_begin_of_the_trait_that_is_cut_off_leaves_no_transaction() {
    let rig = rig().await;
    let mut connection = rig.db.acquire().await.expect("a connection");
    {
        let mut long = std::pin::pin!(connection.as_inner().execute(LONG));
        assert!(long.as_mut().now_or_never().is_none());
    }
    drop(connection);
    let (result, ()) = futures::join!(sqlx::Acquire::begin(&rig.db), rig.time_out());
    is_timed_out(result.map(|_| ()));
    assert!(has_table(&rig).await);
}

#[tokio::test]
async fn a_commit_that_is_cut_off_closes_the_connection() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    {
        let mut long = std::pin::pin!(transaction.as_inner().execute(LONG));
        assert!(long.as_mut().now_or_never().is_none());
    }
    let (result, ()) = futures::join!(transaction.commit(), rig.time_out());
    is_timed_out(result);
    assert!(!has_table(&rig).await);
}

#[tokio::test]
async fn a_rollback_can_time_out_even_where_calls_are_rejected() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    rig.force_open();
    {
        let mut long = std::pin::pin!(transaction.as_inner().execute(LONG));
        assert!(long.as_mut().now_or_never().is_none());
    }
    let advance = async {
        tokio::task::yield_now().await;
        rig.time.advance(crate::rig::TIMEOUT);
    };
    let (result, ()) = futures::join!(transaction.rollback(), advance);
    is_timed_out(result);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    assert!(!has_table(&rig).await);
}
