//! What the circuit does with calls, and who decides that.

use std::fmt;

/// What the circuit does with calls. There are these three and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls pass and are counted.
    Closed,
    /// Calls are rejected until the open time is over.
    Open,
    /// A few probes pass and decide; other calls are rejected.
    HalfOpen,
}

impl State {
    /// `closed`, `open` or `half_open`, as metrics and logs spell it.
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

/// Who decides: the circuit, or you. More modes may come.
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
    /// The whole machine runs and reports, but rejects nothing: what it would have rejected is counted.
    Shadow,
}

impl Mode {
    /// `automatic`, `forced_open`, `forced_closed` or `shadow`, as metrics and logs spell it.
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
