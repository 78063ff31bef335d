//! Circuit breakers configured by a YAML file and the environment.
//!
//! ```no_run
//! use breaker_core::Registry;
//!
//! breaker_config::load("breakers.yaml")?.apply_to(Registry::global())?;
//! # Ok::<(), breaker_config::Error>(())
//! ```
//!
//! # The file
//!
//! The file is YAML 1.2. The keys are those of the attribute, [`breaker_core::Settings::KEYS`]. The entry of a service overrides
//! its code. A value in `defaults` applies to every service whose code, preset and entry don't set the key. (A preset in
//! `defaults` is overridden by the keys beside it.)
//!
//! ```yaml
//! circuit_breaker:
//!   defaults:
//!     open_timeout: 30s
//!   database:
//!     preset: database
//!     request_timeout: 10s
//!   s3:
//!     failure_rate: 0.5
//!     window: 100          # calls; or a duration
//!     open_timeout: 1m 30s
//! ```
//!
//! `off` disables a key, if the key allows it, and overrides weaker sources. A `request_timeout` in the entry of a service
//! applies to all of its functions, one in `defaults` to the functions that don't set their own.
//!
//! # Editors
//!
//! `breakers.schema.json`, in the folder of this crate, is a JSON schema of the file. With it, an editor completes keys, shows
//! their meanings, and marks errors as you type. Copy it to the folder of your file, and begin the file with a line for the
//! YAML language server, which is used by Visual Studio Code's YAML extension, Neovim, Helix and others:
//!
//! ```yaml
//! # yaml-language-server: $schema=breakers.schema.json
//! circuit_breaker:
//!   s3:
//!     open_timeout: 60s
//! ```
//!
//! With the feature `schema`, the function `schema` returns the same text. The schema accepts everything that [`load`] accepts.
//! Only [`load`] detects keys that contradict each other, tags, and numbers in unusual notation.
//!
//! # The environment
//!
//! `CIRCUIT_BREAKER__S3__OPEN_TIMEOUT=90s` sets the key `open_timeout` of the service `s3` and overrides the file.
//! `CIRCUIT_BREAKER__DEFAULTS__OPEN_TIMEOUT` overrides the file's `defaults`, but not presets, code or the entry of a service.
//!
//! The name of a service can be in any case, with `_` for each character that is neither a letter nor a digit: `EU_STORE` means
//! `eu-store`, if a file or the code has a service of that name. (Annotated functions are known from the start. A breaker that
//! is created by hand under such a name must be created before the configuration is applied.)
//!
//! # Errors and warnings
//!
//! An [`Error`] has all faults of all sources, each with its place, what is allowed and what to write instead. Ambiguous values
//! are errors: `yes`, `030`, `1_000`, a duration without a unit. If there is an error, nothing is applied. A service that is
//! not in the code is a [`Warning`], and so is a window that is too short for the `request_timeout`.
//!
//! # Hot reload
//!
//! With the feature `watch`, which is enabled by default and depends on tokio, a change of the file is detected within about a
//! second. The file can be written in place, replaced, or reached over a symlink that is swapped, as Kubernetes does with a
//! `ConfigMap` (except one mounted by `subPath`, which Kubernetes itself never updates). `Loader::watch` has the details.
//!
//! ```no_run
//! use breaker_core::Registry;
//!
//! # async fn example() -> Result<(), breaker_config::Error> {
//! let watch = breaker_config::watch("breakers.yaml", Registry::global())?;
//! // Dropping the guard stops the watch.
//! // `watch.detach()` keeps it running until `Registry::shutdown`.
//! # drop(watch);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod assignment;
mod check;
mod configuration;
mod environment;
mod error;
mod fault;
mod file;
mod key;
mod loader;
mod log;
mod merge;
mod place;
mod report;
#[cfg(feature = "schema")]
mod schema;
mod source;
mod text;
mod value;
#[cfg(feature = "watch")]
mod watch;
mod yaml;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::path::Path;

pub use configuration::Configuration;
pub use error::Error;
pub use fault::Fault;
pub use loader::Loader;
pub use place::Place;
pub use report::{Report, Warning};
#[cfg(feature = "schema")]
pub use schema::schema;

/// Reads a YAML file and the process's environment variables, which override the file.
///
/// # Errors
/// Returns all faults of both together. A file that is missing or can't be read is one, too.
///
/// ```
/// let error = breaker_config::load("no/such/file.yaml").unwrap_err();
/// assert!(error.to_string().contains("no/such/file.yaml: can't be read: "));
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Configuration, Error> {
    Loader::new().file(path).environment().load()
}

/// Reads a YAML file and the environment variables, which override it, and applies them. From then on, applies each valid
/// change of the file. See [`Loader::watch`].
///
/// # Errors
/// The same as for [`load`] and [`Configuration::apply_to`]; then the file is not watched.
///
/// # Panics
/// Panics outside of a tokio runtime.
#[cfg(feature = "watch")]
#[track_caller]
pub fn watch(path: impl AsRef<Path>, registry: &breaker_core::Registry) -> Result<breaker_core::TaskGuard, Error> {
    Loader::new().file(path).environment().watch(registry)
}
