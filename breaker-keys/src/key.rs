//! The rows as data.

use crate::value::Value;

/// One key.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// The name, the same in every source.
    pub name: &'static str,
    /// The kind of value that it accepts.
    pub kind: Kind,
    /// The names that a [`Kind::Choice`] accepts.
    pub names: &'static [&'static str],
    /// The allowed values.
    pub range: Range,
    /// Whether it can be `off`.
    pub off: bool,
    /// The value if it isn't set.
    pub default: DefaultValue,
    /// The default in words.
    pub default_text: &'static str,
    /// The value that each preset sets.
    pub presets: &'static [(&'static str, Value)],
    /// The key's requirements on other keys. If one is not met, the error is reported on this key.
    pub conflicts: &'static [Conflict],
    /// The conflicts in words, which follow those of the range.
    pub limits: &'static str,
    /// Where it may be set.
    pub scope: Scope,
    /// An example value, as files write it.
    pub example: &'static str,
    /// The names that other libraries use for it.
    pub synonyms: &'static [&'static str],
    /// The meaning, in sentences.
    pub meaning: &'static str,
    /// Meaning, values, conflicts and default in one paragraph.
    pub description: &'static str,
}

/// The kind of value that a key accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that is not empty.
    Text,
    /// One name of a fixed list.
    Choice,
    /// A whole number, 32 bits.
    Count,
    /// A fraction, where 1 is 100 %.
    Share,
    /// A number.
    Factor,
    /// A duration with its unit.
    Duration,
    /// A duration with its unit, or a number of calls.
    Window,
    /// True or false.
    Flag,
    /// Code that is called.
    Callable,
    /// Code that is evaluated.
    Expression,
    /// The path of a crate.
    CratePath,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// An end that is out of range itself.
    Open(f64),
    /// An end that is in range itself.
    Closed(f64),
    /// No end.
    None,
}

/// The numbers that are in range. They are seconds for a duration, and calls for a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lower end.
    pub min: Bound,
    /// The upper end.
    pub max: Bound,
    /// The range in words.
    pub text: &'static str,
}

impl Range {
    /// Whether a number is in range. NaN never is.
    #[must_use]
    pub fn contains(&self, number: f64) -> bool {
        let above = match self.min {
            Bound::Open(end) => number > end,
            Bound::Closed(end) => number >= end,
            Bound::None => true,
        };
        let below = match self.max {
            Bound::Open(end) => number < end,
            Bound::Closed(end) => number <= end,
            Bound::None => true,
        };
        above && below
    }
}

/// The value of a key that isn't set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultValue {
    /// None: the key must be set.
    Required,
    /// None: the key has no effect.
    None,
    /// A value.
    Value(Value),
    /// The value of another key.
    Follows(&'static str),
    /// The longer of the values of two keys.
    Longer(&'static str, &'static str),
    /// A value that the code of the key decides.
    Rule,
}

/// A requirement of a key on another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The other key must be set, too.
    Needs(&'static str),
    /// The other key must not be set.
    NotWith(&'static str),
    /// The other key must not be `false`.
    NotWhileFalse(&'static str),
    /// The value must be at most that of the other key.
    AtMost(&'static str),
    /// The value must be at least that of the other key.
    AtLeast(&'static str),
    /// The value must be at most the number of calls of the other key.
    FitsInto(&'static str),
    /// Neither the other key nor any setting outside the list may be set. Errors are reported on the keys that must not be set.
    Replaces(&'static str, &'static [&'static str]),
}

/// Where a key may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In code, files and variables, and at run time.
    Everywhere,
    /// Only in the attribute.
    Code,
}

macro_rules! slice {
    ([] $($scope:ident { $(
        $(#[doc = $meaning:literal])+
        $key:ident: $kind:ident [$($range:tt)*] $(or $off:ident)? = [$($default:tt)*]
        $(, presets { $($preset:ident: [$($value:tt)*]),* })?
        $(, conflicts { $([$($conflict:tt)*]),* })?
        $(, example $example:literal)?
        $(, synonyms [$($synonym:ident),*])?;
    )+ })+) => {
        /// Every key, in the order of the documentation.
        pub const KEYS: &[Key] = &[$($(Key {
            name: stringify!($key),
            kind: __kind!($kind),
            names: __names!($($range)*),
            range: {
                let (min, max) = __range!($($range)*);
                Range { min, max, text: stringify!($($range)*) }
            },
            off: __off!($($off)?),
            default: __default!($kind $($default)*),
            default_text: __default_text!($($default)*),
            presets: &[$($((stringify!($preset), __value!($kind $($value)*))),*)?],
            conflicts: &[$($(__conflict!($($conflict)*)),*)?],
            limits: concat!($($(__conflict_text!($($conflict)*)),*)?),
            scope: __scope!($scope),
            example: concat!($($example)?),
            synonyms: &[$($(stringify!($synonym)),*)?],
            meaning: concat!($($meaning),+).trim_ascii(),
            description:
                __describe!($kind [$($meaning)+] [$($range)*] [$($off)?] [$($default)*] [$($([$($conflict)*])*)?]).trim_ascii(),
        }),+),+];
    };
}

__table!([slice] []);

/// Returns the keys that are settings, which files can set.
pub fn settings() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.scope == Scope::Everywhere)
}
