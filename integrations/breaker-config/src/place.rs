//! Places in sources.

use std::fmt;

use breaker_core::Origin;

/// The place of a value or an error.
///
/// ```
/// use breaker_config::Place;
///
/// let place = Place::File { name: "breakers.yaml".into(), at: Some((12, 5)) };
/// assert_eq!(place.to_string(), "breakers.yaml:12:5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// A file, or a text with a name.
    File {
        /// The path as it was passed in, or the text's name.
        name: String,
        /// Line and column, both counted from 1; `None` for the file as a whole.
        at: Option<(usize, usize)>,
    },
    /// The environment variable with this name.
    Variable(String),
    /// Another place: code at `file:line`, or run time.
    Elsewhere(String),
}

impl Place {
    /// Returns the place that means a file as a whole.
    pub(crate) fn whole_file(name: &str) -> Self {
        Self::File { name: name.to_owned(), at: None }
    }

    pub(crate) fn is_code(&self) -> bool {
        matches!(self, Self::Elsewhere(_))
    }

    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::File { .. } => Origin::File(self.to_string()),
            Self::Variable(name) => Origin::Environment(name.clone()),
            Self::Elsewhere(place) => Origin::Code(place.clone()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, at: Some((line, column)) } => write!(f, "{name}:{line}:{column}"),
            Self::File { name, at: None } | Self::Variable(name) | Self::Elsewhere(name) => f.write_str(name),
        }
    }
}
