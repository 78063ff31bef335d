//! Where the sources are read, and what is checked before any registry is there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::apply::Configuration;
use crate::environment;
use crate::fault::{Error, Fault, Place, escaped};
use crate::read;
use crate::yaml::MAX_BYTES;

/// Says which sources are read. Files and texts that are added later beat earlier ones, key by key; variables beat them
/// all.
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

#[derive(Debug, Clone)]
enum Source {
    /// `name` is the path as it was given: it stands in messages.
    Path {
        name: String,
        path: PathBuf,
    },
    Text {
        name: String,
        text: String,
    },
}

impl Loader {
    /// No source yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads this YAML file, of at most 1 MiB, when [`load`](Self::load) is called.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        self.files.push(Source::Path { name: path.display().to_string(), path });
        self
    }

    /// Takes this text for a YAML file; `name` stands in messages.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push(Source::Text { name: name.into(), text: text.into() });
        self
    }

    /// Takes these for environment variables; those that don't begin with `CIRCUIT_BREAKER__` are left alone.
    #[must_use]
    pub fn variables<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Takes the process's environment variables, as they are now.
    #[must_use]
    pub fn environment(self) -> Self {
        self.variables(std::env::vars_os())
    }

    /// Reads all sources and checks them together.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load(&self) -> Result<Configuration, Error> {
        self.check(&self.read(|_| Ok(())))
    }

    /// The same files, wherever the process goes.
    #[cfg(feature = "watch")]
    pub(crate) fn absolute(mut self) -> Self {
        for source in &mut self.files {
            if let Source::Path { path, .. } = source
                && let Ok(absolute) = std::path::absolute(&*path)
            {
                *path = absolute;
            }
        }
        self
    }

    /// What the files hold now, in their order; of those that `may` lets through.
    pub(crate) fn read(&self, may: May) -> Vec<Text> {
        self.files.iter().map(|source| source.text(may)).collect()
    }

    /// What such texts and the variables say together.
    pub(crate) fn check(&self, texts: &[Text]) -> Result<Configuration, Error> {
        let mut faults = Vec::new();
        let mut configuration = Configuration::default();
        for Text { name, text } in texts {
            match text {
                Ok(text) => {
                    let contents = read::read(name, text);
                    faults.extend(contents.faults);
                    configuration.add(contents.said, contents.services);
                }
                Err(fault) => faults.push(Fault::clone(fault)),
            }
        }
        configuration.variables = environment::read(&self.variables, &mut faults);
        faults.extend(configuration.check());
        Error::check(faults)?;
        Ok(configuration)
    }
}

/// Says why a file must not be read.
pub(crate) type May = fn(&Path) -> io::Result<()>;

/// What one file holds, or why it can't be read.
#[derive(Debug, PartialEq)]
pub(crate) struct Text {
    name: String,
    text: Result<String, Box<Fault>>,
}

impl Source {
    fn text(&self, may: May) -> Text {
        match self {
            Self::Path { name, path } => {
                let name = escaped(name);
                Text { text: text_of(path, &name, may), name }
            }
            Self::Text { name, text } => {
                let fits = text.len() <= MAX_BYTES;
                let text = if fits { Ok(text.clone()) } else { Err(too_long(name).into()) };
                Text { name: name.clone(), text }
            }
        }
    }
}

fn text_of(path: &Path, name: &str, may: May) -> Result<String, Box<Fault>> {
    let mut bytes = Vec::new();
    // One more than is allowed: a device or a pipe may never end.
    let limit = MAX_BYTES as u64 + 1;
    let file = may(path).and_then(|()| File::open(path));
    file.and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(|error| {
        let from = if Path::new(name).is_relative() { ", which begins at the working directory," } else { "" };
        let fix = format!("look at the path{from} and at who may read it");
        Fault::new(whole(name), format!("can't be read: {error}"), fix)
    })?;
    if bytes.len() > MAX_BYTES {
        return Err(too_long(name).into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = good.matches('\n').count() + 1;
        let column = good.rsplit('\n').next().map_or(1, |start| start.chars().count() + 1);
        let place = Place::File { name: name.to_owned(), at: Some((line, column)) };
        Fault::new(place, "is not UTF-8", "save the file as UTF-8").into()
    })
}

fn too_long(name: &str) -> Fault {
    let allowed = format!("is longer than {MAX_BYTES} bytes");
    Fault::new(
        whole(name),
        allowed,
        "write what holds for every service into `defaults:`, or see whether it is the file you mean",
    )
}

fn whole(name: &str) -> Place {
    Place::File { name: name.to_owned(), at: None }
}
