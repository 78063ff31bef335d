//! Exact bytes, on a small server in this process.

use breaker_core::{CircuitBreaker, Config};
use breaker_redis::{Cache, Guarded};
use redis::{Client, ErrorKind, cmd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers each piece of data that it reads with the next of these. Returns its URL.
async fn server(answers: Vec<&'static [u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let url = format!("redis://{}/", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = answers.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 * 1024];
                for answer in answers {
                    if stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
                        // A client that has gone away is its own affair.
                        let _ = stream.write_all(answer).await;
                    }
                }
            });
        }
    });
    url
}

/// What a client that connects asks first: two commands that name its library.
const HELLO: &[u8] = b"+OK\r\n+OK\r\n";

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new("wire", Config::default())
}

async fn guarded(answers: Vec<&'static [u8]>) -> Guarded<redis::aio::MultiplexedConnection> {
    let client = Client::open(server(answers).await).expect("it is a URL");
    Guarded::with(breaker(), client.get_multiplexed_async_connection().await.expect("it answers"))
}

#[tokio::test]
async fn a_server_of_another_protocol_is_a_failure() {
    let mut connection = guarded(vec![HELLO, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"]).await;
    let error = cmd("PING").exec_async(&mut connection).await.expect_err("it is not Redis");
    assert_eq!((error.kind(), connection.breaker().metrics().failures), (ErrorKind::Parse, 1), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_inside_an_answer_is_a_failure() {
    let mut connection = guarded(vec![HELLO, b"$100\r\nonly a beginning"]).await;
    let error = cmd("GET").arg("key").exec_async(&mut connection).await.expect_err("it breaks");
    assert!(error.is_unrecoverable_error(), "{error}");
    assert_eq!(connection.breaker().metrics().failures, 1);
}

#[tokio::test]
async fn an_aborted_transaction_counts_by_the_errors_inside() {
    for (answer, failures) in [
        (b"+OK\r\n-READONLY no writes\r\n-EXECABORT Transaction discarded\r\n".as_slice(), 1),
        (b"+OK\r\n-OOM command not allowed\r\n-EXECABORT Transaction discarded\r\n", 1),
        (b"+OK\r\n-ERR unknown command\r\n-EXECABORT Transaction discarded\r\n", 0),
    ] {
        let mut connection = guarded(vec![HELLO, answer]).await;
        let transaction = redis::pipe().atomic().set("a", 1).exec_async(&mut connection).await;
        let error = transaction.expect_err("it is aborted");
        assert_eq!(error.code(), Some("EXECABORT"));
        assert_eq!(connection.breaker().metrics().failures, failures, "{error}");
    }
}

#[tokio::test]
async fn a_pipeline_with_an_error_is_seen_item_by_item() {
    let mut connection = guarded(vec![HELLO, b"+OK\r\n-ERR no\r\n-MISCONF no disk\r\n"]).await;
    redis::pipe().set("a", 1).set("b", 1).set("c", 1).exec_async(&mut connection).await.expect_err("two fail");
    // The first error is the caller's; the second one is not.
    assert_eq!(connection.breaker().metrics().failures, 1);
}

#[tokio::test]
async fn a_cache_reads_bytes_as_they_are() {
    let connection = guarded(vec![HELLO, b"$6\r\n\x00\r\n\xff$1\r\n"]).await;
    let found = Cache::new(connection).get::<Vec<u8>>(b"\0\r\n").await.expect("it answers");
    assert_eq!(found.as_deref(), Some(b"\x00\r\n\xff$1".as_slice()));
}
