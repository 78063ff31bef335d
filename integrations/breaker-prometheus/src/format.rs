//! The two text formats.

use std::fmt;

use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;

use crate::accept::negotiate;

/// A format in which Prometheus reads metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus's text format, version 0.0.4.
    Text,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Chooses the format that the value of an `Accept` header prefers. `None` if it accepts neither: answer 406.
    ///
    /// Quality values and versions are respected: Prometheus sends
    /// `application/openmetrics-text;version=1.0.0,…;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1` and gets
    /// OpenMetrics. If both are equally good, it is OpenMetrics if the header names it, otherwise the text format. An
    /// empty value means what a missing header means: the text format. Ranges with an invalid quality are skipped. Join
    /// the values of several `Accept` headers with commas. [`negotiate`] also chooses among other formats.
    ///
    /// ```
    /// use breaker_prometheus::Format;
    ///
    /// assert_eq!(Format::of_accept("*/*"), Some(Format::Text));
    /// assert_eq!(Format::of_accept("text/plain;q=0.5, application/openmetrics-text"), Some(Format::OpenMetrics));
    /// assert_eq!(Format::of_accept("application/json"), None);
    /// ```
    #[must_use]
    pub fn of_accept(accept: &str) -> Option<Self> {
        negotiate(accept, &[Self::Text, Self::OpenMetrics].map(|format| (format.content_type(), format)))
    }

    /// Returns the value of the `Content-Type` header.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Encodes all metrics of a registry, those of other libraries included.
    ///
    /// # Errors
    /// If a metric can't be encoded. Those of [`BreakerCollector`](crate::BreakerCollector) always can.
    pub fn encode(self, metrics: &Registry) -> Result<String, fmt::Error> {
        let mut text = String::new();
        match self {
            Self::Text => prometheus_text::encode(&mut text, metrics)?,
            Self::OpenMetrics => text::encode(&mut text, metrics)?,
        }
        Ok(text)
    }
}
