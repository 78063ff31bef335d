//! Values of keys.

use core::fmt;
use core::time::Duration;

use crate::duration::Human;

/// A value of a key. `Display` formats it as a file writes it; a window by count gets its unit, `100 calls`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count.
    Count(u32),
    /// A share or a factor.
    Number(f64),
    /// A duration, or a window by time.
    Duration(Duration),
    /// A window by count.
    Calls(u32),
    /// True or false.
    Flag(bool),
    /// One of the names of the key.
    Name(&'static str),
    /// Switched off.
    Off,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Number(number) => Number(*number).fmt(f),
            Self::Duration(duration) => Human(*duration).fmt(f),
            Self::Calls(1) => f.write_str("1 call"),
            Self::Calls(calls) => write!(f, "{calls} calls"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Off => f.write_str("off"),
        }
    }
}

/// Displays a number in decimal notation; very large and very small ones with an exponent.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = if self.0 < 0.0 { -self.0 } else { self.0 };
        if size != 0.0 && !(1e-6..1e16).contains(&size) { write!(f, "{:?}", self.0) } else { write!(f, "{}", self.0) }
    }
}
