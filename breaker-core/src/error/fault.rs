//! Errors of configurations, with what to write instead.

use std::fmt;

/// An invalid configuration, with all its faults.
///
/// ```
/// use breaker_core::Config;
/// use std::time::Duration;
///
/// let error = Config::builder().failure_rate(50.0).open_timeout(Duration::ZERO).build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid circuit breaker configuration, 2 faults:\n\
///      - failure_rate = 50: must be above 0 and at most 1; write 0.5\n\
///      - open_timeout = 0s: must be longer than zero; write 30s",
/// );
/// assert_eq!(error.faults()[0].key, "failure_rate");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    service: Option<String>,
    faults: Vec<ConfigFault>,
}

impl ConfigError {
    /// Returns `Ok` if there are no faults, otherwise an error with all faults in their order.
    pub fn check(faults: impl IntoIterator<Item = ConfigFault>) -> Result<(), Self> {
        let faults: Vec<_> = faults.into_iter().collect();
        if faults.is_empty() { Ok(()) } else { Err(Self { service: None, faults }) }
    }

    /// Sets the service whose configuration is invalid.
    #[must_use]
    pub fn for_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Returns the service whose configuration is invalid, if it is known.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Returns all faults: at least one.
    #[must_use]
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }
}

impl From<ConfigFault> for ConfigError {
    fn from(fault: ConfigFault) -> Self {
        Self { service: None, faults: vec![fault] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid circuit breaker configuration")?;
        if let Some(service) = &self.service {
            write!(f, " of `{service}`")?;
        }
        if let [fault] = self.faults.as_slice() {
            return write!(f, ": {fault}");
        }
        write!(f, ", {} faults:", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}

/// One fault of a configuration, in the parts that are needed to correct it. More fields may be added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigFault {
    /// The key whose value is invalid.
    pub key: String,
    /// The value, as it is written in a file.
    pub value: String,
    /// What is allowed, or what the value contradicts.
    pub allowed: String,
    /// What to write instead.
    pub fix: String,
    /// The other key, if two keys contradict each other.
    pub against: Option<&'static str>,
}

impl ConfigFault {
    /// Creates a fault of one key.
    pub fn new(
        key: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), value: value.to_string(), allowed: allowed.into(), fix: fix.into(), against: None }
    }

    /// Sets the other key, which this one contradicts.
    #[must_use]
    pub fn against(mut self, key: &'static str) -> Self {
        self.against = Some(key);
        self
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, allowed, fix, .. } = self;
        write!(f, "{key} = {value}: {allowed}; {fix}")
    }
}
