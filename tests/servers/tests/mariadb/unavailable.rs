//! The lines of the table of error numbers that say that the server can't serve, provoked for real. Those of connecting
//! are in `connecting`.

use std::fs;

use breaker_sqlx::classify::ErrorClass::Unavailable;
use servers::{MariaDb, Resource, SmallDisk, with_own_mounts};
use sqlx::Executor;
use sqlx::mysql::MySql;

use crate::numbers::has_number;
use crate::rig::{Rig, options, until};

#[test]
fn a_full_disk() {
    with_own_mounts("unavailable::a_full_disk", || {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(full());
    });
}

async fn full() {
    let disk = SmallDisk::mount(1);
    let temporary = format!("--tmpdir={}", disk.path().display());
    let server = MariaDb::start_with(&[&temporary, "--sort-buffer-size=32768", "--max-heap-table-size=16384"]);
    let rig = Rig::<MySql>::new(&server.url());
    // More than fits into the buffer of a sort, and into a table in memory.
    rig.fails(&["SELECT seq FROM seq_1_to_300000 ORDER BY -seq"], 3, Unavailable).await;
    let table = "SELECT count(*) FROM (SELECT seq FROM seq_1_to_200000 ORDER BY uuid() LIMIT 100000) y";
    rig.fails(&[table], 126, Unavailable).await;
    // A table in memory has a limit of its own.
    let rows = "INSERT INTO full SELECT repeat('x', 200) FROM seq_1_to_10000";
    rig.fails(&["CREATE TABLE full (x CHAR(200)) ENGINE = MEMORY", rows], 1114, Unavailable).await;
}

#[tokio::test]
async fn exhausted_memory_and_threads() {
    let server = MariaDb::start_with(&["--thread-cache-size=0"]);
    let rig = Rig::<MySql>::new(&server.url());
    let mut connection = rig.db.acquire().await.expect("a connection");
    (&mut *connection).execute("SET max_heap_table_size = 4000000000").await.expect("set");
    (&mut *connection).execute("CREATE TEMPORARY TABLE t (x CHAR(250)) ENGINE = MEMORY").await.expect("created");
    // From now on, it gets no address space for more.
    server.limit(Resource::As, Some(1 << 20));
    let before = rig.counts();
    let rows = "INSERT INTO t SELECT repeat('x', 250) FROM seq_1_to_3000000";
    let error = (&mut *connection).execute(rows).await.expect_err("too many");
    has_number(&error, 5);
    rig.counted(before, &error, Unavailable);
    // A few threads can still use the stacks of others that have ended.
    let others = rig.beside(options().max_connections(100), &server.url());
    let mut held = Vec::new();
    let (before, error) = loop {
        let before = rig.counts();
        match others.acquire().await {
            Ok(connection) => held.push(connection),
            Err(error) => break (before, error),
        }
    };
    has_number(&error, 1135);
    rig.counted(before, &error, Unavailable);
    server.limit(Resource::As, None);
    (&mut *connection).execute("SELECT 1").await.expect("it answers again");
}

#[tokio::test]
async fn damaged_tables() {
    let server = MariaDb::start();
    let tables = "CREATE TABLE i (x INT PRIMARY KEY, y CHAR(200)); INSERT INTO i SELECT seq, 'y' FROM seq_1_to_20000;
        CREATE TABLE gone LIKE i;
        CREATE TABLE m (x INT, KEY (x)) ENGINE = MyISAM; INSERT INTO m SELECT seq FROM seq_1_to_20000;
        CREATE TABLE short (x INT, y CHAR(200)) ENGINE = MyISAM; INSERT INTO short SELECT * FROM i";
    server.sql(tables).expect("created");
    server.stop();
    let file = |name: &str| server.directory().join("data/test").join(name);
    for (name, kept) in [("i.ibd", 4 * 16_384), ("m.MYI", 2_048)] {
        let mut bytes = fs::read(file(name)).expect("it can be read");
        bytes[kept..].fill(0x55);
        fs::write(file(name), bytes).expect("it can be written");
    }
    fs::remove_file(file("gone.ibd")).expect("it is there");
    fs::File::options().write(true).open(file("short.MYD")).and_then(|file| file.set_len(5_000)).expect("cut off");
    server.start();
    let rig = Rig::<MySql>::new(&server.url());
    rig.fails(&["SELECT y FROM i WHERE x = 500"], 1034, Unavailable).await;
    rig.fails(&["SELECT y FROM gone"], 1030, Unavailable).await;
    rig.fails(&["SELECT x FROM m WHERE x = 500"], 126, Unavailable).await;
    rig.fails(&["SELECT count(y) FROM short"], 1194, Unavailable).await;
}

/// Numbers of `MySQL`, and those that `MariaDB` raises only by chance: it waits on a full disk, and ends the connections of
/// statements at a shutdown.
#[tokio::test]
async fn other_numbers() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    for (signal, number) in [
        ("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021", 1021),
        ("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1041", 1041),
        ("SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1053", 1053),
        ("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1836", 1836),
    ] {
        rig.fails(&[signal], number, Unavailable).await;
    }
}

#[tokio::test]
async fn a_read_only_server_is_a_failure() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    rig.run("CREATE TABLE t (x INT)").await.expect("a table");
    server
        .sql("CREATE USER plain IDENTIFIED BY 'right'; GRANT ALL ON test.* TO plain; SET GLOBAL read_only = 1")
        .expect("set");
    let db = rig.beside(options(), &server.url_with("plain", "right", "test"));
    let error = Executor::execute(&db, "INSERT INTO t VALUES (1)").await.expect_err("read-only");
    has_number(&error, 1290);
    rig.counted([1, 0, 0, 0, 0, 0, 0], &error, Unavailable);
    // The connection to what may be the old master isn't used again.
    until(|| db.pool().size() == 0).await;
}
