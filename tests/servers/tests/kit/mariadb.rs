use servers::MariaDb;

use crate::survives;

#[test]
fn mariadb_keeps_its_data() {
    let server = MariaDb::start_with(&["--max-connections=17"]);
    assert_eq!(server.sql("SELECT @@max_connections").as_deref(), Ok("17"));
    let version = server.sql("SELECT version()").expect("it answers");
    assert!(version.starts_with("10.11"), "{version}");
    let write = || server.sql("CREATE TABLE kept AS SELECT 1 AS value").map(drop);
    survives(&server, write, || server.sql("SELECT value FROM kept"));
    let error = server.sql("SELECT nothing").expect_err("there is no such column");
    assert!(error.contains("Unknown column"), "{error}");
    assert_eq!(server.url(), format!("mysql://tester:right@127.0.0.1:{}/test", server.port()));
}

/// `MariaDB` removes what looks like a temporary table when it starts. In a directory that servers share, it would take
/// those of the others, which run at the same time.
#[test]
fn a_start_removes_no_temporary_tables_of_other_servers() {
    let name = format!("#sql-temptable-{:x}-1-1.MAI", std::process::id());
    let theirs = std::env::temp_dir().join(name);
    std::fs::write(&theirs, "of another server").expect("a file can be made");
    let server = MariaDb::start();
    let is_there = theirs.exists();
    // Whether or not it passes.
    let _ = std::fs::remove_file(&theirs);
    assert!(is_there);
    let own = server.sql("SELECT @@tmpdir").expect("it answers");
    assert!(std::path::Path::new(own.trim()).starts_with(server.directory()), "{own}");
}
