//! Serves the endpoints on a free port, requests each route, and prints the answers.

use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use breaker_axum::Endpoints;
use breaker_core::{Config, Criticality, Registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Sends a request, and prints it with its answer.
async fn show(server: SocketAddr, method: &str, path: &str, header: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = TcpStream::connect(server).await?;
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n{header}\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    println!("> {method} {path} {}", header.trim_end());
    for line in answer.lines().take(18) {
        println!("  {}", line.chars().take(160).collect::<String>());
    }
    println!();
    Ok(answer)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let breakers = Registry::global();
    let database = breakers.get_or_create("database", Config::builder().consecutive_failures(2).build()?);
    breakers.get_or_create("cache", Config::builder().criticality(Criticality::Optional).build()?);
    let _ = database.call(|| Ok::<_, &str>("row"));

    let app = Router::new()
        .route("/", get(async || "Hello, World!"))
        .nest("/internal", Endpoints::default().ready_follows_critical().into_router());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, app).await });

    for path in ["/health", "/health/live", "/health/ready", "/metrics", "/breakers", "/breakers/database"] {
        show(server, "GET", &format!("/internal{path}"), "").await?;
    }
    show(server, "GET", "/internal/metrics", "accept: application/openmetrics-text\r\n").await?;
    show(server, "GET", "/internal/metrics", "accept: application/json\r\n").await?;
    show(server, "HEAD", "/internal/metrics", "").await?;
    show(server, "GET", "/internal/breakers/datbase", "").await?;
    show(server, "DELETE", "/internal/breakers/database", "").await?;

    let answer = show(server, "GET", "/internal/breakers", "").await?;
    let tag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).ok_or("the list has a tag")?;
    show(server, "GET", "/internal/breakers", &format!("if-none-match: {tag}\r\n")).await?;

    println!("The database fails twice.\n");
    for _ in 0..2 {
        let _ = database.call(|| Err::<(), _>("connection refused"));
    }
    for path in ["/health", "/health/live", "/health/ready"] {
        show(server, "GET", &format!("/internal{path}"), "").await?;
    }
    show(server, "GET", "/internal/breakers", &format!("if-none-match: {tag}\r\n")).await?;
    Ok(())
}
