//! What is wrong with a configuration, and what to write instead.

use std::fmt;

/// A configuration that can't be used, with all its faults at once.
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
    /// Nothing if there are no faults, otherwise an error that holds them in their order.
    pub fn check(faults: impl IntoIterator<Item = ConfigFault>) -> Result<(), Self> {
        let faults: Vec<_> = faults.into_iter().collect();
        if faults.is_empty() { Ok(()) } else { Err(Self { service: None, faults }) }
    }

    /// The same error, saying which service's configuration it is about.
    #[must_use]
    pub fn for_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// The service whose configuration is at fault, where it is known.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// All faults, at least one.
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

/// One fault of a configuration, in the parts that a person needs to mend it. More fields may come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigFault {
    /// The key at fault.
    pub key: String,
    /// Its value, as a person would write it.
    pub value: String,
    /// What is allowed, or what it contradicts.
    pub allowed: String,
    /// What to write instead.
    pub fix: String,
    /// The other key, where two keys contradict each other.
    pub against: Option<&'static str>,
}

impl ConfigFault {
    /// A fault of one key, from its four parts.
    pub fn new(
        key: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), value: value.to_string(), allowed: allowed.into(), fix: fix.into(), against: None }
    }

    /// The same, of a key that contradicts another one.
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
