//! Registration that refuses a second collector of the same metrics.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;

/// A collector that can't be registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The registry already has a metric of this name.
    #[non_exhaustive]
    #[error(
        "the registry already has a metric `{name}`, so the collector was not added: every scrape would have its metrics \
         twice; register the collector once, or use another registry"
    )]
    Duplicate {
        /// The name of the existing metric, with its prefix.
        name: String,
    },
    /// One of the metrics that the registry already has can't be encoded.
    #[error("the registry can't be encoded, so the collector was not added: a metric that it already has fails")]
    Encode(#[from] fmt::Error),
}

/// Adds the collector, unless the registry already has its families.
pub(crate) fn register(collector: impl Collector, metrics: &mut Registry) -> Result<(), RegisterError> {
    let existing = names(metrics)?;
    let collector = Arc::new(collector);
    // Alone, so that its names have no prefix.
    let mut alone = Registry::default();
    alone.register_collector(Box::new(Arc::clone(&collector)));
    if let Some(name) = duplicate(&existing, &names(&alone)?) {
        return Err(RegisterError::Duplicate { name });
    }
    metrics.register_collector(Box::new(collector));
    Ok(())
}

/// Returns the names of all families in the order of the text, as the text format has them.
fn names(metrics: &Registry) -> Result<Vec<String>, fmt::Error> {
    let mut text = String::new();
    prometheus_text::encode(&mut text, metrics)?;
    let headers = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    Ok(headers.filter_map(|header| header.split(' ').next()).map(str::to_owned).collect())
}

/// Returns an existing name that is one of `own`, or the first of `own` after a prefix that all of `own` have.
/// prometheus-client doesn't show the prefix of a registry. One name alone after a prefix may be a metric of the user.
fn duplicate(existing: &[String], own: &[String]) -> Option<String> {
    let has = |name: &String| existing.contains(name);
    let prefixes = existing.iter().filter_map(|name| name.strip_suffix(own.first()?)).filter(|p| p.ends_with('_'));
    let mut whole = prefixes.filter(|prefix| own.iter().all(|name| has(&format!("{prefix}{name}"))));
    own.iter().find(|name| has(name)).cloned().or_else(|| Some(format!("{}{}", whole.next()?, own.first()?)))
}
