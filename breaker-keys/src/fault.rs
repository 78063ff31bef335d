//! Faults (errors in a configuration) and their fixes, worded the same for every source.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::key::{DefaultValue, Key, Kind};

/// How a source writes a key with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `key = "value"`
    Attribute,
    /// The value alone, without quotes: the message already names the key.
    Plain,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong: a predicate of which the key is the subject, unless it is [standalone](Self::is_standalone).
    pub what: String,
    /// What to write instead.
    pub fix: Fix,
    /// The other key, if two keys contradict each other.
    pub against: Option<&'static str>,
    /// Whether `what` is complete without the key in front.
    pub is_standalone: bool,
}

/// What to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// One of these values.
    Write(Vec<Suggestion>),
    /// Another key, with a value.
    Add(&'static str, Suggestion),
    /// The existing names, and the one that was probably meant.
    Names {
        /// The nearest name, if one is near.
        near: Option<&'static str>,
        /// All names.
        all: &'static [&'static str],
        /// The plural noun that messages use for the names.
        plural: &'static str,
    },
    /// A text that fits every source.
    Text(String),
}

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The value as a file writes it.
    pub text: String,
    /// Whether the attribute writes it in quotes.
    pub is_text: bool,
    /// Words after the value, such as its purpose.
    pub purpose: &'static str,
}

impl Fault {
    pub(crate) fn new(what: impl Into<String>, fix: Fix) -> Self {
        Self { what: what.into(), fix, against: None, is_standalone: false }
    }

    pub(crate) fn standalone(what: String, fix: Fix) -> Self {
        Self { is_standalone: true, ..Self::new(what, fix) }
    }

    pub(crate) fn against(self, key: &'static str) -> Self {
        Self { against: Some(key), ..self }
    }

    /// Returns the message for the attribute or another source. It starts with `key`, unless the fault is standalone.
    #[must_use]
    pub fn to_string(&self, notation: Notation, key: &str) -> String {
        let fix = self.fix.to_string(notation, key);
        let colon = if notation == Notation::Attribute { ": " } else { "; " };
        if self.is_standalone || key.is_empty() {
            return format!("{}{colon}{fix}", self.what);
        }
        format!("`{key}` {}{colon}{fix}", self.what)
    }
}

impl Fix {
    /// Returns the fix, mostly as an imperative.
    #[must_use]
    pub fn to_string(&self, notation: Notation, key: &str) -> String {
        let attribute = notation == Notation::Attribute;
        match self {
            Self::Text(text) => text.clone(),
            Self::Names { near, all, plural } => {
                let shown = |name: &&str| if attribute { format!("`\"{name}\"`") } else { format!("`{name}`") };
                let all = joined(&all.iter().map(shown).collect::<Vec<_>>(), " and ");
                match near {
                    Some(near) => format!("did you mean {}? The {plural} are {all}", shown(near)),
                    None => format!("the {plural} are {all}"),
                }
            }
            Self::Add(other, value) if attribute => format!("add `{other} = {}`", value.literal()),
            Self::Add(other, value) => format!("add {other}, such as {}", value.text),
            Self::Write(values) => {
                let written = |(index, value): (usize, &Suggestion)| {
                    let text = match (attribute, index) {
                        (true, 0) => format!("`{key} = {}`", value.literal()),
                        (true, _) => format!("`{}`", value.literal()),
                        (false, _) => value.text.clone(),
                    };
                    text + value.purpose
                };
                let last = if values.iter().any(|value| !value.purpose.is_empty()) { ", " } else { " or " };
                format!("write {}", joined(&values.iter().enumerate().map(written).collect::<Vec<_>>(), last))
            }
        }
    }

    /// Suggests one value.
    pub(crate) fn value(value: Suggestion) -> Self {
        Self::Write(vec![value])
    }

    /// Suggests the example of the key.
    pub(crate) fn example(key: &Key) -> Self {
        match key.kind {
            Kind::Flag => Self::Write(vec![Suggestion::bare("true"), Suggestion::bare("false")]),
            Kind::Choice => Self::Write(key.names.iter().map(|name| Suggestion::text(*name)).collect()),
            Kind::Window => Self::Write(vec![Suggestion::text("60s"), Suggestion::bare("100")]),
            _ => Self::value(Suggestion::example(key)),
        }
    }
}

impl Suggestion {
    /// Creates a value that has no quotes anywhere: a number, a flag, code.
    pub(crate) fn bare(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_text: false, purpose: "" }
    }

    /// Creates a value that has quotes in the attribute.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_text: true, purpose: "" }
    }

    pub(crate) fn purpose(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }

    /// Returns the example of the row, or its default, or an example of its kind.
    pub(crate) fn example(key: &Key) -> Self {
        let is_text = matches!(key.kind, Kind::Text | Kind::Choice | Kind::Duration | Kind::Window);
        let text = match (key.example, key.default, key.kind) {
            ("", DefaultValue::Value(value), Kind::Duration) => value.to_string(),
            ("", _, Kind::Duration) => "30s".to_string(),
            ("", _, Kind::Share) => "0.5".to_string(),
            ("", _, _) => "5".to_string(),
            (example, _, _) => example.to_string(),
        };
        Self { text, is_text, purpose: "" }
    }

    fn literal(&self) -> String {
        if self.is_text { format!("\"{}\"", self.text) } else { self.text.clone() }
    }
}

/// Joins the parts with commas, and the last two with `last`.
fn joined(parts: &[String], last: &str) -> String {
    match parts.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{}{last}{end}", rest.join(", ")),
        None => String::new(),
    }
}
