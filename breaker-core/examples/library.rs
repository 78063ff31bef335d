//! A library that protects its client and leaves the choice to its user: own breaker, a registry of the user's, or the
//! global one.

use breaker_core::{CallError, CircuitBreaker, Config, ConfigError, Registry};

/// What the library exports.
#[derive(Debug)]
pub struct Client {
    breaker: CircuitBreaker,
}

impl Client {
    /// A client with a breaker of its own, in no registry.
    ///
    /// # Errors
    /// As for [`config`](Self::config).
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self::with_breaker(CircuitBreaker::new("weather", Self::config()?)))
    }

    /// A client with a breaker of the user's: from a registry, with other settings, or shared with other clients.
    #[must_use]
    pub const fn with_breaker(breaker: CircuitBreaker) -> Self {
        Self { breaker }
    }

    /// The settings that the library recommends.
    ///
    /// # Errors
    /// A value that is out of range.
    pub fn config() -> Result<Config, ConfigError> {
        Config::builder().consecutive_failures(5).build()
    }

    /// The forecast for a place.
    ///
    /// # Errors
    /// [`CallError::Inner`] if the server fails, [`CallError::Breaker`] while the circuit is open.
    pub fn forecast(&self, place: &str) -> Result<String, CallError<String>> {
        self.breaker.call(|| if place.is_empty() { Err("no place".to_owned()) } else { Ok(format!("{place}: rain")) })
    }
}

fn main() -> Result<(), ConfigError> {
    let alone = Client::new()?;
    println!("{:?}", alone.forecast("Bergen"));
    assert!(Registry::global().get("weather").is_none(), "its breaker is in no registry");

    // A user who wants metrics and health in one place passes a breaker of a registry.
    let registry = Registry::global();
    let listed = Client::with_breaker(registry.get_or_create("weather", Client::config()?));
    println!("{:?}", listed.forecast("Bergen"));
    assert_eq!(registry.metrics().total.successes, 1);
    Ok(())
}
