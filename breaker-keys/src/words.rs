//! Macros that give the words of a row their meaning. A word that no rule matches doesn't compile.
//!
//! The documentation prints the same words, by `stringify!`, so it can't differ from the checks.

/// The ends of a range.
#[doc(hidden)]
#[macro_export]
macro_rules! __range {
    (at least $a:literal) => {
        ($crate::Bound::Closed($a as f64), $crate::Bound::None)
    };
    (at least $a:literal and finite) => {
        ($crate::Bound::Closed($a as f64), $crate::Bound::Open(f64::INFINITY))
    };
    (above $a:literal and at most $b:literal) => {
        ($crate::Bound::Open($a as f64), $crate::Bound::Closed($b as f64))
    };
    (at least $a:literal and at most $b:literal) => {
        ($crate::Bound::Closed($a as f64), $crate::Bound::Closed($b as f64))
    };
    (longer than zero) => {
        ($crate::Bound::Open(0.0), $crate::Bound::None)
    };
    (longer than zero, or $a:literal to $b:literal calls) => {
        ($crate::Bound::Closed($a as f64), $crate::Bound::Closed($b as f64))
    };
    (true or false) => {
        ($crate::Bound::None, $crate::Bound::None)
    };
    (one of $($name:ident),+) => {
        ($crate::Bound::None, $crate::Bound::None)
    };
    (text) => {
        ($crate::Bound::None, $crate::Bound::None)
    };
    (a path or a closure) => {
        ($crate::Bound::None, $crate::Bound::None)
    };
    (an absolute path) => {
        ($crate::Bound::None, $crate::Bound::None)
    };
    (an expression) => {
        ($crate::Bound::None, $crate::Bound::None)
    };
}

/// The names that a key accepts.
#[doc(hidden)]
#[macro_export]
macro_rules! __names {
    (one of $($name:ident),+) => { &[$(stringify!($name)),+] };
    ($($other:tt)*) => { &[] };
}

/// The kind of value.
#[doc(hidden)]
#[macro_export]
macro_rules! __kind {
    (Preset) => {
        $crate::Kind::Choice
    };
    (Criticality) => {
        $crate::Kind::Choice
    };
    ($kind:ident) => {
        $crate::Kind::$kind
    };
}

/// The kind in words, before those of the range.
#[doc(hidden)]
#[macro_export]
macro_rules! __kind_text {
    (Count) => {
        "whole number, "
    };
    (Share) => {
        "number, "
    };
    (Factor) => {
        "number, "
    };
    (Duration) => {
        "duration, "
    };
    (Window) => {
        "duration, "
    };
    ($kind:ident) => {
        ""
    };
}

/// A value of a kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    (Count $n:literal) => {
        $crate::Value::Count($n)
    };
    (Share $n:literal) => {
        $crate::Value::Number($n as f64)
    };
    (Factor $n:literal) => {
        $crate::Value::Number($n as f64)
    };
    (Duration $n:literal s) => {
        $crate::Value::Duration(core::time::Duration::from_secs($n))
    };
    (Duration $n:literal min) => {
        $crate::Value::Duration(core::time::Duration::from_secs($n * 60))
    };
    (Window $n:literal s) => {
        $crate::Value::Duration(core::time::Duration::from_secs($n))
    };
    (Window $n:literal calls) => {
        $crate::Value::Calls($n)
    };
    (Flag $flag:literal) => {
        $crate::Value::Flag($flag)
    };
    ($choice:ident $name:ident) => {
        $crate::Value::Name(stringify!($name))
    };
}

/// The default.
#[doc(hidden)]
#[macro_export]
macro_rules! __default {
    ($kind:ident required) => { $crate::DefaultValue::Required };
    ($kind:ident none) => { $crate::DefaultValue::None };
    ($kind:ident off) => { $crate::DefaultValue::None };
    ($kind:ident rule $text:literal) => { $crate::DefaultValue::Rule };
    ($kind:ident same as $a:ident) => { $crate::DefaultValue::Follows(stringify!($a)) };
    ($kind:ident the longer of $a:ident and $b:ident) => {
        $crate::DefaultValue::Longer(stringify!($a), stringify!($b))
    };
    ($kind:ident $($value:tt)+) => { $crate::DefaultValue::Value($crate::__value!($kind $($value)+)) };
}

/// The default in words.
#[doc(hidden)]
#[macro_export]
macro_rules! __default_text {
    (rule $text:literal) => { $text };
    (same as $a:ident) => { concat!("the same as `", stringify!($a), "`") };
    (the longer of $a:ident and $b:ident) => {
        concat!("the longer of `", stringify!($a), "` and `", stringify!($b), "`")
    };
    ($($value:tt)+) => { stringify!($($value)+) };
}

/// The requirement of a key on another key.
#[doc(hidden)]
#[macro_export]
macro_rules! __conflict {
    (needs $key:ident) => {
        $crate::Conflict::Needs(stringify!($key))
    };
    (not with $key:ident) => {
        $crate::Conflict::NotWith(stringify!($key))
    };
    (not while $key:ident = false) => {
        $crate::Conflict::NotWhileFalse(stringify!($key))
    };
    (at most $key:ident) => {
        $crate::Conflict::AtMost(stringify!($key))
    };
    (at least $key:ident) => {
        $crate::Conflict::AtLeast(stringify!($key))
    };
    (fits into $key:ident) => {
        $crate::Conflict::FitsInto(stringify!($key))
    };
    (replaces $key:ident, beside $a:ident, $b:ident and code-only keys) => {
        $crate::Conflict::Replaces(stringify!($key), &[stringify!($a), stringify!($b)])
    };
}

/// The requirement in words, after those of the range.
#[doc(hidden)]
#[macro_export]
macro_rules! __conflict_text {
    (needs $key:ident) => {
        concat!("; needs `", stringify!($key), "`")
    };
    (not with $key:ident) => {
        concat!("; not with `", stringify!($key), "`")
    };
    (not while $key:ident = false) => {
        concat!("; not while `", stringify!($key), "` is false")
    };
    (at most $key:ident) => {
        concat!("; at most `", stringify!($key), "`")
    };
    (at least $key:ident) => {
        concat!("; at least `", stringify!($key), "`")
    };
    (fits into $key:ident) => {
        concat!("; at most the calls of `", stringify!($key), "`")
    };
    (replaces $key:ident, beside $a:ident, $b:ident and code-only keys) => {
        concat!(
            "; replaces `",
            stringify!($key),
            "`; can be combined with `",
            stringify!($a),
            "`, `",
            stringify!($b),
            "` and the code-only keys"
        )
    };
}

/// Whether a key can be `off`.
#[doc(hidden)]
#[macro_export]
macro_rules! __off {
    () => {
        false
    };
    (off) => {
        true
    };
}

/// `off` in words, after those of the range.
#[doc(hidden)]
#[macro_export]
macro_rules! __off_text {
    () => {
        ""
    };
    (off) => {
        ", or `off`"
    };
}

/// Where a key may be set.
#[doc(hidden)]
#[macro_export]
macro_rules! __scope {
    (code) => {
        $crate::Scope::Code
    };
    (settings) => {
        $crate::Scope::Everywhere
    };
}

/// The meaning, values, conflicts and default of a key, in one paragraph.
#[doc(hidden)]
#[macro_export]
macro_rules! __describe {
    ($kind:ident [$($meaning:literal)+] [$($range:tt)*] [$($off:ident)?] [$($default:tt)*] [$([$($conflict:tt)*])*]) => {
        concat!(
            $($meaning,)+ " Values: ", $crate::__kind_text!($kind), stringify!($($range)*), $crate::__off_text!($($off)?), $($crate::__conflict_text!($($conflict)*),)*
            ". Default: ", $crate::__default_text!($($default)*), "."
        )
    };
}
