//! The rows as data.

use crate::value::Value;

/// One key.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// As it is written in every source.
    pub name: &'static str,
    /// The kind of value that it takes.
    pub kind: Kind,
    /// The kind as the row names it: the enum of the runtime crate, if it is a [`Kind::Choice`].
    pub type_name: &'static str,
    /// The names that a [`Kind::Choice`] takes.
    pub names: &'static [&'static str],
    /// Which values are in range.
    pub range: Range,
    /// Whether it can be switched off.
    pub off: bool,
    /// What holds where it isn't set.
    pub default: DefaultValue,
    /// The same as prose.
    pub default_text: &'static str,
    /// What each preset sets.
    pub presets: &'static [(&'static str, Value)],
    /// What it requires of other keys. It is the key at fault.
    pub conflicts: &'static [Conflict],
    /// The same as prose, to follow the words of the range.
    pub limits: &'static str,
    /// Where it may be set.
    pub scope: Scope,
    /// A value, as files write it.
    pub example: &'static str,
    /// What other libraries call it.
    pub synonyms: &'static [&'static str],
    /// What it means, in sentences.
    pub meaning: &'static str,
    /// Meaning, values, conflicts and default in one paragraph.
    pub description: &'static str,
}

/// The kind of value that a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that is not empty.
    Text,
    /// One of a few names.
    Choice,
    /// A whole number of 32 bits.
    Count,
    /// A number of which 1 is the whole.
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
    /// Itself out of range.
    Open(f64),
    /// Itself in range.
    Closed(f64),
    /// There is none.
    None,
}

/// Which numbers are in range; seconds for a duration, calls for a window.
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
    /// Whether a number is in range. NaN is in none.
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

/// What holds where a key isn't set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultValue {
    /// It must be set.
    Required,
    /// Nothing: the key has no effect.
    None,
    /// A value.
    Value(Value),
    /// The value of another key.
    Follows(&'static str),
    /// The longer of the values of two keys.
    Longer(&'static str, &'static str),
    /// What the code of the key decides.
    Rule,
}

/// What a key requires of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The other must be set, too.
    Needs(&'static str),
    /// The other must not be set.
    NotWith(&'static str),
    /// The other must not be `false`.
    NotWhileFalse(&'static str),
    /// Its value is at most that of the other.
    AtMost(&'static str),
    /// Its value is at least that of the other.
    AtLeast(&'static str),
    /// Its value is at most the number of calls of the other.
    FitsInto(&'static str),
    /// Neither the other may be set nor any setting but these. The keys that must not be set are at fault.
    Replaces(&'static str, &'static [&'static str]),
}

/// Where a key may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In code, files and variables, and at run time.
    Everywhere,
    /// In the attribute only.
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
            type_name: stringify!($kind),
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

/// The keys that are settings: everything that a file can set.
pub fn settings() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.scope == Scope::Everywhere)
}
