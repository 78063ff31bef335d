//! Serves health, metrics and breakers with actix-web, by hand from the registry. (For axum there is breaker-axum.)
//! Requests each route, prints the answers, and ends.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, VARY};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use breaker_core::{Config, HealthStatus, Registry};
use breaker_prometheus::{BreakerCollector, Format, negotiate};

/// The breakers, and their metrics in the registry of prometheus-client, which may have your own, too.
struct Shared {
    breakers: Registry,
    metrics: prometheus_client::registry::Registry,
}

/// 503 while the circuit of a critical service is open.
async fn health(shared: web::Data<Shared>) -> HttpResponse {
    let report = shared.breakers.health();
    let mut response =
        if report.status == HealthStatus::Down { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, "no-store")).json(report)
}

/// In the format that `Accept` prefers: a text format of Prometheus, or the snapshot as JSON.
async fn metrics(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let accept: Vec<_> = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    let offers = [
        (Format::Text.content_type(), Some(Format::Text)),
        (Format::OpenMetrics.content_type(), Some(Format::OpenMetrics)),
        ("application/json", None),
    ];
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((VARY, "accept"));
    match negotiate(&accept.join(","), &offers) {
        Some(Some(format)) => match format.encode(&shared.metrics) {
            Ok(text) => response.content_type(format.content_type()).body(text),
            Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
        },
        Some(None) => response.json(shared.breakers.metrics()),
        None => HttpResponse::NotAcceptable().insert_header((VARY, "accept")).body("text, OpenMetrics or JSON"),
    }
}

/// The configuration of one breaker, each value with its origin. actix has decoded the name.
async fn breaker(service: web::Path<String>, shared: web::Data<Shared>) -> HttpResponse {
    if let Some(explanation) = shared.breakers.explain(&service) {
        return HttpResponse::Ok().json(explanation);
    }
    let hint = shared.breakers.nearest(&service).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    HttpResponse::NotFound().body(format!("no service is called `{service}`{hint}"))
}

/// Sends a request, and prints the beginning of its answer.
fn show(server: SocketAddr, path: &str, accept: &str) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(server)?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: {server}\r\naccept: {accept}\r\nconnection: close\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    println!("> GET {path} as {accept}");
    for line in answer.lines().take(12) {
        println!("  {}", line.chars().take(160).collect::<String>());
    }
    println!();
    Ok(())
}

/// Requests each route. On a thread of its own, because it blocks.
fn client(server: SocketAddr) -> std::io::Result<()> {
    show(server, "/health", "*/*")?;
    for accept in ["*/*", "application/openmetrics-text", "application/json", "image/png"] {
        show(server, "/metrics", accept)?;
    }
    show(server, "/breakers/search", "*/*")?;
    show(server, "/breakers/serach", "*/*")
}

fn main() -> Result<(), Box<dyn Error>> {
    let breakers = Registry::global().clone();
    let search = breakers.get_or_create("search", Config::builder().consecutive_failures(2).build()?);
    for query in ["rust", "", ""] {
        let _ = search.call(|| if query.is_empty() { Err("empty query") } else { Ok(query.len()) });
    }
    let mut collected = prometheus_client::registry::Registry::default();
    BreakerCollector::new(&breakers).register(&mut collected)?;
    let shared = web::Data::from(Arc::new(Shared { breakers, metrics: collected }));

    rt::System::new().block_on(async {
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .route("/health", web::get().to(health))
                .route("/metrics", web::get().to(metrics))
                .route("/breakers/{service}", web::get().to(breaker))
        };
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0))?;
        let address = server.addrs()[0];
        let running = server.run();
        let handle = running.handle();
        rt::spawn(running);
        let asked = web::block(move || client(address)).await?;
        handle.stop(true).await;
        Ok(asked?)
    })
}
