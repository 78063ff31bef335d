//! Real connections: huge headers, bodies that never come, paths as they are sent.

use std::net::SocketAddr;

use axum::Router;
use breaker_core::Criticality;

use crate::rig::{Connection, ROUTES, app, encoded, serve, service, two};

async fn server() -> SocketAddr {
    let (registry, _time) = two();
    for name in ["a/b", "..", "x\r\nset-cookie: stolen=1"] {
        service(&registry, name, Criticality::Critical);
    }
    serve(Router::new().nest("/internal", app(&registry)).merge(app(&registry))).await
}

/// Returns the status of the answer on a new connection.
async fn status(server: SocketAddr, request: &str) -> String {
    let mut connection = Connection::new(server).await;
    connection.write(request.as_bytes()).await;
    let (head, _) = connection.read(false).await;
    head["HTTP/1.1 ".len()..][..3].to_owned()
}

#[tokio::test]
async fn huge_headers_are_read_or_refused() {
    let server = server().await;
    let huge =
        |name: &str, length| format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{name}: {}\r\n\r\n", "h".repeat(length));
    let wide = |count: usize| format!("GET /health HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(count));
    let path = |length| format!("GET /breakers/{} HTTP/1.1\r\nhost: x\r\n\r\n", "p".repeat(length));
    for (request, expected) in [
        (huge("x-huge", 100_000), "200"),
        (huge("accept", 100_000), "406"),
        (huge("if-none-match", 100_000), "200"),
        (huge("x-huge", 1_000_000), "431"),
        (huge("accept", 1_000_000), "431"),
        (wide(90), "200"),
        (wide(200), "431"),
        (path(60_000), "404"),
        (path(100_000), "414"),
        (format!("{} /health HTTP/1.1\r\nhost: x\r\n\r\n", "M".repeat(10_000)), "405"),
    ] {
        assert_eq!(status(server, &request).await, expected, "{}", &request[..60]);
        assert_eq!(status(server, "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await, "200");
    }
}

#[tokio::test]
async fn many_tags_are_all_compared() {
    let server = server().await;
    let mut connection = Connection::new(server).await;
    let (head, _) = connection.ask("GET /breakers", "").await;
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("it has a tag");
    let tags = format!("if-none-match: {}{tag}\r\n", "\"0000000000000000\",W/\"\", ".repeat(10_000));
    let (head, _) = connection.ask("GET /breakers", &tags).await;
    assert!(head.starts_with("HTTP/1.1 304 "), "{head}");
}

#[tokio::test]
async fn a_body_that_never_comes_does_not_hold_the_answer_back() {
    let server = server().await;
    for route in ROUTES {
        for body in [
            "content-length: 1000000\r\n\r\n",
            "content-length: 1000000\r\n\r\nabc",
            "transfer-encoding: chunked\r\n\r\n5\r\nab",
        ] {
            let mut connection = Connection::new(server).await;
            connection.write(format!("GET {route} HTTP/1.1\r\nhost: x\r\n{body}").as_bytes()).await;
            let (head, body) = connection.read(true).await;
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !body.is_empty(), "{route}: {head}");
        }
    }
    let mut connection = Connection::new(server).await;
    connection.write(b"POST /breakers/db HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n").await;
    let (head, body) = connection.read(true).await;
    assert!(head.starts_with("HTTP/1.1 405 ") && body.contains("method-not-allowed"), "{head}");
}

#[tokio::test]
async fn a_request_that_never_ends_holds_nothing_but_its_connection() {
    let server = server().await;
    let mut slow = Connection::new(server).await;
    for byte in b"GET /health/live HTTP/1.1\r\nhost: x\r\nx-slow: y" {
        slow.write(&[*byte]).await;
        assert_eq!(status(server, "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await, "200");
    }
    slow.write(b"\r\n\r\n").await;
    assert_eq!(slow.read(true).await.1, r#"{"status":"up"}"#);
}

#[tokio::test]
async fn paths_are_taken_as_they_are_sent() {
    let server = server().await;
    for (path, expected) in [
        ("/breakers/a%2Fb", "200"),
        ("/breakers/a%2fb", "200"),
        ("/breakers/a/b", "404"),
        ("/breakers/..", "200"),
        ("/breakers/%2e%2e", "200"),
        ("/breakers/%2e%2e%2fdb", "404"),
        ("/breakers/../health", "404"),
        ("/breakers/x%0d%0aset-cookie:%20stolen=1", "200"),
        ("/breakers/%FF", "400"),
        ("/breakers/%", "404"),
        ("/breakers/%00", "404"),
        ("/internal/breakers/a%2Fb", "200"),
        ("/internal%2Fbreakers", "404"),
        ("//health", "404"),
        ("/health?a=b", "200"),
        ("http://example.org/health", "200"),
        ("*", "404"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(status(server, &request).await, expected, "{path}");
    }
}

#[tokio::test]
async fn nothing_of_a_name_is_in_the_head_of_an_answer() {
    let mut connection = Connection::new(server().await).await;
    for name in ["x\r\nset-cookie: stolen=1", "y\r\nset-cookie: stolen=1"] {
        for method in ["GET", "HEAD", "DELETE"] {
            let (head, _) = connection.ask(&format!("{method} /breakers/{}", encoded(name)), "").await;
            assert!(!head.contains("set-cookie") && !head.contains("stolen"), "{head}");
        }
    }
}

#[tokio::test]
async fn answers_without_a_body_do_not_disturb_the_next_ones() {
    let mut connection = Connection::new(server().await).await;
    for route in ROUTES {
        let (full, body) = connection.ask(&format!("GET {route}"), "").await;
        let (head, _) = connection.ask(&format!("HEAD {route}"), "").await;
        let without_date = |head: &str| head.lines().filter(|line| !line.starts_with("date:")).collect::<String>();
        assert_eq!(without_date(&head), without_date(&full), "{route}");
        assert!(full.contains(&format!("content-length: {}\r\n", body.len())), "{full}");
    }
    for route in ["/breakers", "/breakers/db"] {
        connection.write(format!("GET {route} HTTP/1.1\r\nhost: x\r\nif-none-match: *\r\n\r\n").as_bytes()).await;
        let (head, _) = connection.read(false).await;
        assert!(head.starts_with("HTTP/1.1 304 ") && head.contains("\r\netag: \""), "{head}");
        assert!(!head.contains("\r\ncontent-length: 0\r\n") && !head.contains("\r\ncontent-type:"), "{head}");
    }
    let (_, body) = connection.ask("GET /health/live", "").await;
    assert_eq!(body, r#"{"status":"up"}"#);
}

#[tokio::test]
async fn malformed_and_odd_requests_are_refused_and_disturb_nobody() {
    let server = server().await;
    for (request, expected) in [
        ("\u{1}\u{2}\u{3}\r\n\r\n", "400"),
        ("GET\r\n\r\n", "400"),
        ("GET /hea lth HTTP/1.1\r\nhost: x\r\n\r\n", "400"),
        ("GET /health HTTP/9.9\r\nhost: x\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\nno colon\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\ncontent-length: -1\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\nx: a\0b\r\n\r\n", "400"),
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET /health HTTP/1.0\r\n\r\n", "200"),
        ("GET /health HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n", "200"),
        ("GET /health HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", "200"),
    ] {
        assert_eq!(status(server, request).await, expected, "{}", request.escape_debug());
        assert_eq!(status(server, "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await, "200");
    }
}
