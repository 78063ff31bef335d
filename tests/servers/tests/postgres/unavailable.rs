//! The lines of the table of SQLSTATEs that say that the server can't serve, provoked for real. Those of connecting are
//! in `connecting`.

use std::path::PathBuf;

use breaker_sqlx::classify::ErrorClass::Unavailable;
use servers::Postgres;
use sqlx::postgres::Postgres as Pg;
use sqlx::{AssertSqlSafe, Executor};

use crate::codes::has_code;
use crate::rig::Rig;

#[tokio::test]
async fn resources_that_are_exhausted() {
    let few = [("max_locks_per_transaction", "10"), ("max_connections", "10"), ("max_files_per_process", "64")];
    let server = Postgres::start_with(&few);
    let rig = Rig::<Pg>::new(&server.url());
    // Each foreign table of a query holds a file open.
    rig.run("CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw").await.expect("installed");
    rig.run("CREATE FOREIGN TABLE f (x text) SERVER files OPTIONS (filename 'PG_VERSION')").await.expect("a table");
    let files = vec!["SELECT x FROM f"; 60].join(" UNION ALL ");
    let before = rig.counts();
    let error = rig.db.execute(async |pool| pool.execute(AssertSqlSafe(files)).await).await.expect_err("too many");
    has_code(&error, "53000");
    rig.counted(before, &error, Unavailable);

    let full = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000)) TO '/dev/full'";
    rig.fails(&[full], "53100", Unavailable).await;
    let spill = "SELECT count(*) FROM (SELECT x FROM generate_series(1, 100000) x ORDER BY random()) y";
    rig.fails(&["SET work_mem = '64kB'", "SET temp_file_limit = '64kB'", spill], "53400", Unavailable).await;
    // At last: the server needs a moment to free the locks.
    let many = "DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE TABLE many%s (x int)', i); END LOOP; END $$";
    rig.fails(&[many], "53200", Unavailable).await;
}

#[tokio::test]
async fn files_and_internal_errors() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.fails(&["LOAD 'nothing'"], "58P01", Unavailable).await;
    // Nothing is mapped at its beginning.
    rig.fails(&["SELECT pg_read_file('/proc/self/mem', 0, 1)"], "58030", Unavailable).await;
    let link: PathBuf = server.directory().join("data/link");
    std::os::unix::fs::symlink("link", &link).expect("a link to itself");
    rig.fails(&["SELECT pg_read_file('link')"], "XX000", Unavailable).await;
    std::fs::remove_file(link).expect("it was made");
    // Without a caller that can make the server raise them itself.
    for code in ["08000", "57P02", "58000"] {
        rig.raises(code, Unavailable).await;
    }
}

#[tokio::test]
async fn other_servers_that_the_server_does_not_reach() {
    let (server, other) = (Postgres::start(), Postgres::start());
    other.sql("CREATE TABLE t (x int)").expect("created");
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw").await.expect("installed");
    rig.fails(&["SELECT dblink_connect('host=127.0.0.1 port=1')"], "08001", Unavailable).await;
    rig.fails(&["SELECT dblink_close('nobody', 'nothing')"], "08003", Unavailable).await;

    let options = format!("host '127.0.0.1', port '{}', dbname 'postgres'", other.port());
    let password = Postgres::PASSWORD;
    let foreign = format!(
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({options});
         CREATE USER MAPPING FOR postgres SERVER other OPTIONS (user 'postgres', password '{password}');
         CREATE FOREIGN TABLE t (x int) SERVER other"
    );
    server.sql(&foreign).expect("created");
    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("SELECT * FROM t").await.expect("it is connected");
    other.kill();
    let before = rig.counts();
    let error = (&mut *transaction).execute("SELECT * FROM t").await.expect_err("the other one is gone");
    has_code(&error, "08006");
    rig.counted(before, &error, Unavailable);
}

/// A pooler in front of the server says so whatever is wrong, so it is a failure. The server itself only if a caller
/// makes a mistake.
#[tokio::test]
async fn violations_of_the_protocol() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    let error = sqlx::query("SELECT $1::int").execute(&rig.db).await.expect_err("nothing is bound");
    has_code(&error, "08P01");
    rig.counted([0; 7], &error, Unavailable);
}

#[tokio::test]
async fn a_master_or_a_database_that_is_gone() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.fails(&["SET default_transaction_read_only = on", "CREATE TABLE t (x int)"], "25006", Unavailable).await;
    rig.fails(&["SELECT pg_terminate_backend(pg_backend_pid())"], "57P01", Unavailable).await;

    server.sql("CREATE DATABASE dropped").expect("created");
    let standby = server.standby();
    let rig = Rig::<Pg>::new(&standby.url_with("postgres", Postgres::PASSWORD, "dropped"));
    rig.fails(&["CREATE TABLE t (x int)"], "25006", Unavailable).await;
    // Cancelled by the standby when it follows: nobody can keep the sessions there.
    let mut connection = rig.db.acquire().await.expect("a connection");
    (&mut *connection).execute("SELECT 1").await.expect("it answers");
    server.sql("DROP DATABASE dropped").expect("dropped");
    servers::until("the standby has followed", || {
        match standby.sql("SELECT FROM pg_database WHERE datname = 'dropped'") {
            Ok(rows) if rows.is_empty() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    let before = rig.counts();
    let error = (&mut *connection).execute("SELECT 1").await.expect_err("the session is over");
    has_code(&error, "57P04");
    rig.counted(before, &error, Unavailable);
}

/// Starts the server again with a file of its data changed.
fn damage(server: &Postgres, file: &str, change: impl FnOnce(&mut [u8])) {
    server.stop();
    let file = server.directory().join("data").join(file);
    let mut bytes = std::fs::read(&file).expect("it can be read");
    change(&mut bytes);
    std::fs::write(&file, bytes).expect("it can be written");
    server.start();
}

#[tokio::test]
async fn damaged_data() {
    const PAGE: usize = 8192;
    let server = Postgres::start();
    server.sql("CREATE TABLE t AS SELECT 1 AS x").expect("created");
    server.sql("CREATE TABLE i AS SELECT generate_series(1, 10000) AS x; CREATE INDEX j ON i (x)").expect("created");
    server.sql("CHECKPOINT").expect("written");
    let path = |of: &str| server.sql(&format!("SELECT pg_relation_filepath('{of}')")).expect("a path");
    let (table, index) = (path("t"), path("j"));
    damage(&server, &table, |bytes| bytes.fill(0x55));
    // All but the page that says what kind of index this is.
    damage(&server, &index, |bytes| bytes[PAGE..].fill(0));
    let rig = Rig::<Pg>::new(&server.url());
    rig.fails(&["SELECT * FROM t"], "XX001", Unavailable).await;
    rig.fails(&["SET enable_seqscan = off", "SELECT * FROM i WHERE x = 7"], "XX002", Unavailable).await;
}
