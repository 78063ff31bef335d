//! What is wrong, where, and what to write instead; all of it at once.

use std::fmt;

use breaker_core::{ConfigFault, Origin};

/// Where something is said.
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
    /// In a file, or in a text with a name.
    File {
        /// The path as it was given, or the text's name.
        name: String,
        /// Line and column, both from 1; `None` where it is about the file as a whole.
        at: Option<(usize, usize)>,
    },
    /// In an environment variable, by its name.
    Variable(String),
    /// Elsewhere: in code at `file:line`, or at run time.
    Elsewhere(String),
}

impl Place {
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

/// One thing that is wrong. Displayed, it is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The service that it is about, or `defaults`; `None` where it is about a source as a whole.
    pub service: Option<String>,
    /// The key at fault, where there is one.
    pub key: Option<String>,
    /// Its value as it is written, where there is one; long ones are cut.
    pub value: Option<String>,
    /// What is allowed, or what is the matter.
    pub allowed: String,
    /// What to write instead.
    pub fix: String,
    /// The known name that is nearest to one that isn't known.
    pub nearest: Option<String>,
}

impl Fault {
    pub(crate) fn new(place: Place, allowed: impl Into<String>, fix: impl Into<String>) -> Self {
        let (allowed, fix) = (allowed.into(), fix.into());
        Self { place, service: None, key: None, value: None, allowed, fix, nearest: None }
    }

    pub(crate) fn of_core(place: Place, service: &str, fault: &ConfigFault) -> Self {
        Self::new(place, &fault.allowed, &fault.fix).about(service, &fault.key).value(&fault.value)
    }

    pub(crate) fn service(mut self, service: &str) -> Self {
        self.service = Some(shown(service));
        self
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(shown(key));
        self
    }

    pub(crate) fn about(self, service: &str, key: &str) -> Self {
        self.service(service).key(key)
    }

    pub(crate) fn value(mut self, value: &str) -> Self {
        self.value = Some(shown(value));
        self
    }

    pub(crate) fn nearest(mut self, nearest: Option<&str>) -> Self {
        self.nearest = nearest.map(str::to_owned);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, service, key, value, allowed, fix, .. } = self;
        write!(f, "{place}: ")?;
        if let Some(service) = service {
            write!(f, "`{service}`: ")?;
        }
        match (key, value) {
            (Some(key), Some(value)) => write!(f, "{key} = {value}: ")?,
            (Some(key), None) => write!(f, "{key}: ")?,
            (None, _) => {}
        }
        write!(f, "{allowed}; {fix}")
    }
}

/// Everything that is wrong with a configuration, all sources together. Its `Debug` is its `Display`, for `main` shows that.
///
/// ```
/// let error = breaker_config::Loader::new()
///     .text("breakers.yaml", "circuit_breaker:\n  s3:\n    open_timeout: 30\n    failure_treshold: 5\n")
///     .load()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid circuit breaker configuration, 2 faults:\n\
///      - breakers.yaml:3:19: `s3`: open_timeout = 30: must be a duration; write a duration with its unit, such as 30s\n\
///      - breakers.yaml:4:5: `s3`: failure_treshold = 5: is no key; write failure_threshold",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    faults: Vec<Fault>,
}

impl Error {
    /// Nothing if there are no faults.
    pub(crate) fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::new(faults)) }
    }

    /// Puts the faults, at least one, into the order of their places.
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| a.place.cmp(&b.place));
        Self { faults }
    }

    /// The same as displayed, but on one line, and not all of it if there is more than anybody reads.
    #[cfg(feature = "watch")]
    pub(crate) fn line(&self) -> String {
        const MOST: usize = 20;
        let few = Self { faults: self.faults.iter().take(MOST).cloned().collect() };
        let line = few.to_string().replace(":\n- ", ": ").replace("\n- ", " | ");
        match self.faults.len() - few.faults.len() {
            0 => line,
            more => format!("{line} | and {more} more"),
        }
    }

    /// All faults, at least one: those of files in the order of their lines, then those of variables, then those of code.
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

/// As displayed: whoever returns it from `main` sees its `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// On one line, and not longer than a line.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => escaped(&text[..end]) + "…",
        None => escaped(text),
    }
}

/// On one line.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if letter.is_control() { escaped.extend(letter.escape_default()) } else { escaped.push(letter) }
    }
    escaped
}
