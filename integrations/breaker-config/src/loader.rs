//! The sources of a configuration, in order of precedence.

use std::ffi::OsString;
use std::path::Path;

use crate::configuration::Configuration;
use crate::environment;
use crate::error::Error;
use crate::fault::Fault;
use crate::file;
use crate::merge::Sources;
use crate::source::{AccessCheck, Source, SourceText};

/// The sources of a configuration. Files and texts that are added later override earlier ones, key by key; variables
/// override them all.
///
/// ```
/// use breaker_config::Loader;
/// use breaker_core::{Config, Registry};
///
/// let registry = Registry::new();
/// let s3 = registry.get_or_create("s3", Config::default());
/// Loader::new()
///     .text("breakers.yaml", "circuit_breaker:\n  s3:\n    failure_threshold: 7\n    success_threshold: 3\n")
///     .variables([("CIRCUIT_BREAKER__S3__FAILURE_THRESHOLD", "9")])
///     .load()?
///     .apply_to(&registry)?;
/// assert_eq!(s3.config().failure_threshold(), Some(9));
/// assert_eq!(s3.config().success_threshold(), 3);
/// # Ok::<(), breaker_config::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Loader {
    files: Vec<Source>,
    variables: Vec<(OsString, OsString)>,
}

impl Loader {
    /// Creates a loader without sources.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a YAML file of at most 1 MiB. It is read when [`load`](Self::load) is called.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.files.push(Source::file(path.as_ref()));
        self
    }

    /// Adds a text as a YAML file. Messages call it `name`.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push(Source::Text { name: name.into(), text: text.into() });
        self
    }

    /// Adds environment variables. Those that don't begin with `CIRCUIT_BREAKER__` are ignored.
    #[must_use]
    pub fn variables<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Adds the present environment variables of the process.
    #[must_use]
    pub fn environment(self) -> Self {
        self.variables(std::env::vars_os())
    }

    /// Reads all sources and checks them together.
    ///
    /// # Errors
    /// Returns all faults of all sources.
    pub fn load(&self) -> Result<Configuration, Error> {
        self.check(&self.read(|_| Ok(())))
    }

    /// Makes all paths absolute, so that they don't depend on later changes of the working directory.
    #[cfg(feature = "watch")]
    pub(crate) fn absolute(mut self) -> Self {
        self.files.iter_mut().for_each(Source::make_absolute);
        self
    }

    /// Returns the present contents of the files, in their order.
    pub(crate) fn read(&self, access: AccessCheck) -> Vec<SourceText> {
        self.files.iter().map(|source| source.read(access)).collect()
    }

    /// Checks and merges the texts and the variables.
    pub(crate) fn check(&self, texts: &[SourceText]) -> Result<Configuration, Error> {
        let mut faults = Vec::new();
        let mut sources = Sources::default();
        for SourceText { name, text } in texts {
            match text {
                Ok(text) => {
                    let contents = file::read(name, text);
                    faults.extend(contents.faults);
                    sources.add_file(contents.assignments, contents.services);
                }
                Err(fault) => faults.push(Fault::clone(fault)),
            }
        }
        sources.variables = environment::read(&self.variables, &mut faults);
        let (configuration, faults_together) = Configuration::new(sources);
        faults.extend(faults_together);
        Error::check(faults)?;
        Ok(configuration)
    }
}
