//! Prints the metrics of a few calls in both formats.

use breaker_core::{Config, Registry};
use breaker_prometheus::{BreakerCollector, Format};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let breakers = Registry::global();
    let search = breakers.get_or_create("search", Config::builder().consecutive_failures(2).build()?);
    for query in ["rust", "", "", "breaker"] {
        let _ = search.call(|| if query.is_empty() { Err("empty query") } else { Ok(query.len()) });
    }

    let mut metrics = prometheus_client::registry::Registry::default();
    BreakerCollector::new(breakers).register(&mut metrics)?;
    for format in [Format::Text, Format::OpenMetrics] {
        println!("Content-Type: {}\n\n{}", format.content_type(), format.encode(&metrics)?);
    }
    Ok(())
}
