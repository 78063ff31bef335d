//! The error type: all faults of a configuration.

use std::fmt;

#[cfg(feature = "watch")]
use breaker_core::BadConfiguration;

use crate::fault::Fault;

/// All faults of a configuration, from all of its sources. `Debug` prints the same as `Display`, because an error that `main`
/// returns is printed with `Debug`.
///
/// ```
/// let error = breaker_config::Loader::new()
///     .text("breakers.yaml", "circuit_breaker:\n  s3:\n    open_timeout: 30\n    failure_treshold: 5\n")
///     .load()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid circuit breaker configuration, 2 faults:\n\
///      - breakers.yaml:3:19: `s3`: open_timeout = 30: needs a unit; write 30s or 30ms\n\
///      - breakers.yaml:4:5: `s3`: unknown key `failure_treshold`; did you mean `failure_threshold`?",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    faults: Vec<Fault>,
}

impl Error {
    /// Returns an error if there are faults.
    pub(crate) fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::new(faults)) }
    }

    /// Creates an error from at least one fault, and sorts the faults by place.
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| a.place.cmp(&b.place));
        Self { faults }
    }

    /// Returns the error on one line, with at most 20 faults.
    #[cfg(feature = "watch")]
    pub(crate) fn on_one_line(&self) -> String {
        const MOST: usize = 20;
        let few = Self { faults: self.faults.iter().take(MOST).cloned().collect() };
        let line = few.to_string().replace(":\n- ", ": ").replace("\n- ", " | ");
        match self.faults.len() - few.faults.len() {
            0 => line,
            more => format!("{line} | and {more} more"),
        }
    }

    /// Returns all faults, at least one: first those of files in the order of their lines, then those of variables, then those
    /// of code.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid circuit breaker configuration")?;
        if let [fault] = self.faults.as_slice() {
            return write!(f, ": {fault}");
        }
        write!(f, ", {} faults:", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}

/// Prints the same as `Display`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// The message is on one line and may be shortened. The faults are complete.
#[cfg(feature = "watch")]
impl From<Error> for BadConfiguration {
    fn from(error: Error) -> Self {
        Self::new(error.on_one_line()).with_faults(error.faults.iter().map(Fault::to_core))
    }
}
