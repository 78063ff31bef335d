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
