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
//! YAML 1.2. The keys are those of the attribute, [`breaker_core::Settings::KEYS`]. What a service has here overrides its code.
//! `defaults` holds for all services where nothing more specific sets the key: neither the code, nor the service's preset,
//! nor its entry here. (A preset in `defaults` itself gives way to the keys beside it.)
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
//! `off` switches a key off that can be: it overrides what weaker sources have. A `request_timeout` of a service holds for all
//! of its functions; one of `defaults` for those that have none of their own.
//!
//! # Editors
//!
//! `breakers.schema.json`, in the folder of this crate, is a JSON schema of the file: with it an editor completes keys, shows
//! what they mean, and marks mistakes while they are made. Copy it to your file, and begin that with a line for the YAML
//! language server, which is what Visual Studio Code's YAML extension, Neovim, Helix and others run:
//!
//! ```yaml
//! # yaml-language-server: $schema=breakers.schema.json
//! circuit_breaker:
//!   s3:
//!     open_timeout: 60s
//! ```
//!
//! With the feature `schema`, the function of that name gives the same text. The schema marks nothing that [`load`] takes;
//! what only [`load`] sees is keys that contradict each other, tags, and numbers written in odd ways.
//!
//! # The environment
//!
//! `CIRCUIT_BREAKER__S3__OPEN_TIMEOUT=90s` is the key `open_timeout` of the service `s3`, and beats the file.
//! `CIRCUIT_BREAKER__DEFAULTS__OPEN_TIMEOUT` beats the file's `defaults`, but neither presets nor code, and nothing that is set
//! for a service by name.
//! A service's name is written in any case, with `_` for whatever is neither letter nor digit: `EU_STORE` is `eu-store`, if
//! a file or the code names that. (Annotated functions are known at once; a breaker that is made by hand under such a name
//! must be made before the configuration is applied.)
//!
//! # Mistakes
//!
//! An [`Error`] holds everything that is wrong with all sources, each with its place, what is allowed and what to write.
//! Nothing is guessed: `yes`, `030`, `1_000` and a duration without its unit are errors. After an error nothing has changed.
//! A service that no code names is a [`Warning`], and so is a window that is too short for the `request_timeout`.
//!
//! # While the program runs
//!
//! With the feature `watch`, which is on by default and brings tokio, a changed file is noticed within about a second, be it
//! written in place, replaced, or reached over a symlink that is swapped, as Kubernetes does with a `ConfigMap` (but for
//! one that is mounted by `subPath`, which Kubernetes itself never updates). `Loader::watch` has the details.
//!
//! ```no_run
//! use breaker_core::Registry;
//!
//! # async fn example() -> Result<(), breaker_config::Error> {
//! let watch = breaker_config::watch("breakers.yaml", Registry::global())?;
//! // Dropped, it stops; `watch.detach()` lets it run until `Registry::shutdown`.
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

/// Reads a YAML file, and the process's environment over it.
///
/// # Errors
/// Everything that is wrong with either, at once; a file that is missing or can't be read, too.
///
/// ```
/// let error = breaker_config::load("no/such/file.yaml").unwrap_err();
/// assert!(error.to_string().contains("no/such/file.yaml: can't be read: "));
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Configuration, Error> {
    Loader::new().file(path).environment().load()
}

/// Reads a YAML file and the environment over it, applies them, and applies each good change of the file from then on. See
/// [`Loader::watch`].
///
/// # Errors
/// As for [`load`] and [`Configuration::apply_to`]; then nothing is watched.
///
/// # Panics
/// Outside of a tokio runtime.
#[cfg(feature = "watch")]
pub fn watch(path: impl AsRef<Path>, registry: &breaker_core::Registry) -> Result<breaker_core::TaskGuard, Error> {
    Loader::new().file(path).environment().watch(registry)
}
