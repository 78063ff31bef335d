//! Sources that are read as a whole: a file, or a text with a name.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::place::Place;
use crate::text::escaped;
use crate::yaml::MAX_BYTES;

#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A file. `name` is the path as it was passed in, for messages.
    Path {
        name: String,
        path: PathBuf,
    },
    Text {
        name: String,
        text: String,
    },
}

/// Decides whether a file may be opened; the error is the reason if not.
pub(crate) type AccessCheck = fn(&Path) -> io::Result<()>;

/// The text of one source, or why it can't be read.
#[derive(Debug, PartialEq)]
pub(crate) struct SourceText {
    pub(crate) name: String,
    pub(crate) text: Result<String, Box<Fault>>,
}

impl Source {
    pub(crate) fn file(path: &Path) -> Self {
        Self::Path { name: path.display().to_string(), path: path.to_owned() }
    }

    /// Makes the path absolute, so that it doesn't depend on later changes of the working directory.
    #[cfg(feature = "watch")]
    pub(crate) fn make_absolute(&mut self) {
        if let Self::Path { path, .. } = self
            && let Ok(absolute) = std::path::absolute(&*path)
        {
            *path = absolute;
        }
    }

    pub(crate) fn read(&self, access: AccessCheck) -> SourceText {
        match self {
            Self::Path { name, path } => {
                let name = escaped(name);
                SourceText { text: read_file(path, &name, access), name }
            }
            Self::Text { name, text } => {
                let fits = text.len() <= MAX_BYTES;
                let text = if fits { Ok(text.clone()) } else { Err(too_long(name).into()) };
                SourceText { name: name.clone(), text }
            }
        }
    }
}

fn read_file(path: &Path, name: &str, access: AccessCheck) -> Result<String, Box<Fault>> {
    let mut bytes = Vec::new();
    // Reads at most one byte more than is allowed: a device or a pipe may never end.
    let limit = MAX_BYTES as u64 + 1;
    let file = access(path).and_then(|()| File::open(path));
    file.and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(|error| {
        let from = if Path::new(name).is_relative() { ", which is relative to the working directory," } else { "" };
        let fix = format!("check the path{from} and its permissions");
        Fault::new(Place::whole_file(name), format!("can't be read: {error}"), fix)
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
        Place::whole_file(name),
        allowed,
        "put values for all services into `defaults:`, or check that this is the right file",
    )
}
