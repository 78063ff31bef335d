//! Finds keys by name, and words the fault of an unknown name.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::fault::{Fault, Fix};
use crate::key::{KEYS, Key, Scope};
use crate::nearest::{nearest, normalised};

/// Returns the key with this name.
///
/// # Errors
/// No key has this name. [`Unknown`] has the key that was probably meant.
pub fn find(written: &str) -> Result<&'static Key, Unknown> {
    among(written, |_| true)
}

/// Returns the setting with this name: a key that files and variables can set.
///
/// # Errors
/// No setting has this name. [`Unknown`] has the setting that was probably meant.
pub fn setting(written: &str) -> Result<&'static Key, Unknown> {
    among(written, |key| key.scope == Scope::Everywhere)
}

fn among(written: &str, may: fn(&Key) -> bool) -> Result<&'static Key, Unknown> {
    let keys = || KEYS.iter().filter(|key| may(key));
    if let Some(key) = keys().find(|key| key.name == written) {
        return Ok(key);
    }
    let word = normalised(written);
    let same = keys().find(|key| key.name == word);
    let is_same = same.is_some() && written.to_lowercase() == written;
    let synonym = || keys().find(|key| key.synonyms.contains(&word.as_str()));
    let near = || nearest(&word, keys().map(|key| key.name)).and_then(|near| keys().find(|key| key.name == near));
    let begun: Vec<_> = keys().filter(|key| word.len() > 1 && key.name.starts_with(&word)).collect();
    let only = || if let [key] = *begun { Some(key) } else { None };
    let nearest = same.or_else(synonym).or_else(near).or_else(only);
    Err(Unknown {
        is_code_only: KEYS.iter().any(|key| key.name == written),
        is_same,
        nearest,
        begun: begun.iter().map(|key| key.name).collect(),
    })
}

/// The fix if no key is near. A list of thirty names would be too long for a message.
const LIST: &str = "the documentation of breaker-core lists all keys, in the section \"The keys\"";

/// A name that is not a key.
#[derive(Debug)]
pub struct Unknown {
    is_code_only: bool,
    /// Whether the nearest key is the same except for `-` and spaces.
    is_same: bool,
    nearest: Option<&'static Key>,
    /// The keys that begin with the name.
    begun: Vec<&'static str>,
}

impl Unknown {
    /// Returns the key that was probably meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        self.nearest.map(|key| key.name)
    }

    /// Returns all keys that may have been meant: the nearest one, or else those that begin with the name.
    pub fn candidates(&self) -> impl Iterator<Item = &'static str> {
        let begun = if self.nearest.is_none() { self.begun.as_slice() } else { &[] };
        self.nearest().into_iter().chain(begun.iter().copied())
    }

    /// Returns the fault. `as_written` converts the suggested key to the notation of the source.
    pub fn fault(&self, shown: &str, as_written: impl Fn(&str) -> String) -> Fault {
        let listed = |name: &&str| format!("`{}`", as_written(name));
        let (what, fix) = match self.nearest {
            _ if self.is_code_only => (format!("`{shown}` can only be set in code"), "leave it out".to_string()),
            Some(key) if self.is_same => (unknown(shown), format!("write `{}`", as_written(key.name))),
            Some(key) => (unknown(shown), format!("did you mean `{}`?", as_written(key.name))),
            None => match self.begun.split_last() {
                Some((last, others)) => {
                    let others: Vec<String> = others.iter().map(listed).collect();
                    (unknown(shown), format!("did you mean {} or {}?", others.join(", "), listed(last)))
                }
                None => (unknown(shown), LIST.to_string()),
            },
        };
        Fault::standalone(what, Fix::Text(fix))
    }
}

fn unknown(shown: &str) -> String {
    format!("unknown key `{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Notation;

    fn said(written: &str) -> String {
        find(written).unwrap_err().fault(written, str::to_string).to_string(Notation::Attribute, "")
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_one_that_was_meant() {
        for (written, meant) in [
            ("failure_treshold", "did you mean `failure_threshold`?"),
            ("FAILURE_THRESHOLD", "did you mean `failure_threshold`?"),
            ("half-open-max-calls", "write `half_open_max_calls`"),
            ("serv", "did you mean `service`?"),
            ("reset-timeout", "did you mean `open_timeout`?"),
            ("name", "did you mean `service`?"),
            ("health_check_i", "did you mean `health_check_interval`?"),
            ("fail", "did you mean `failure_threshold`, `failure_rate`, `fail_fast` or `failure_if`?"),
            ("half-open", "did you mean `half_open_max_calls` or `half_open_timeout`?"),
            ("wait_duration_in_open_state", "did you mean `open_timeout`?"),
            ("colour", LIST),
            ("", LIST),
        ] {
            assert_eq!(said(written), format!("unknown key `{written}`: {meant}"));
        }
    }

    #[test]
    fn a_key_of_code_is_no_setting() {
        let fault = setting("fallback").unwrap_err().fault("fallback", str::to_string);
        assert_eq!(fault.to_string(Notation::Plain, ""), "`fallback` can only be set in code; leave it out");
        assert_eq!(setting("names").unwrap_err().nearest(), None, "`name` is near to `service`, which is none");
    }

    #[test]
    fn names_and_synonyms_are_unique() {
        let mut names: Vec<_> = KEYS.iter().flat_map(|key| key.synonyms.iter().chain([&key.name])).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
