use servers::Postgres;

use crate::survives;

#[test]
fn postgres_keeps_its_data() {
    let server = Postgres::start_with(&[("max_connections", "7")]);
    assert_eq!(server.sql("SHOW max_connections").as_deref(), Ok("7"));
    let version = server.sql("SHOW server_version_num").expect("it answers");
    assert!(version.starts_with("15"), "{version}");
    let write = || server.sql("CREATE TABLE kept AS SELECT 1 AS value").map(drop);
    survives(&server, write, || server.sql("SELECT value FROM kept"));
    let error = server.sql("SELECT nothing").expect_err("there is no such column");
    assert!(error.contains("column \"nothing\" does not exist"), "{error}");
    assert_eq!(server.url(), format!("postgres://postgres:right@127.0.0.1:{}/postgres", server.port()));
}
