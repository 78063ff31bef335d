//! States of the circuit, and modes that override it.

use std::fmt;

/// State of a circuit. There are exactly three states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls are admitted and counted.
    Closed,
    /// Calls are rejected until the open timeout has passed.
    Open,
    /// A limited number of probes is admitted, and their outcomes decide; other calls are rejected.
    HalfOpen,
}

impl State {
    /// Returns `closed`, `open` or `half_open`, the spelling in metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the circuit decides on its own, or is overridden. Later versions may add modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// The circuit decides.
    #[default]
    Automatic,
    /// Every call is rejected until the mode is changed; a rejection carries no `retry_after`.
    ForcedOpen,
    /// Every call is admitted and recorded; the circuit never opens.
    ForcedClosed,
    /// The circuit changes state and reports as usual, but rejects no call; calls that it would have rejected are
    /// counted.
    Shadow,
}

impl Mode {
    /// Returns `automatic`, `forced_open`, `forced_closed` or `shadow`, the spelling in metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
            Self::Shadow => "shadow",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
