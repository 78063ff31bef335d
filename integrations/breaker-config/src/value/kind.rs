//! The kind of value that a key takes, and the texts that go with it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use breaker_core::{Criticality, Settings};

use super::scalar::{Scalar, deserialize};

/// A value that its key can't take: what it can, and what to write.
#[derive(Debug)]
pub(crate) struct InvalidValue {
    pub(crate) allowed: String,
    pub(crate) fix: String,
}

/// The kind of value that a key takes.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Count,
    Number,
    Flag,
    Duration,
    Window,
    Preset,
    Criticality,
}

impl Kind {
    pub(crate) fn of(key: &'static str) -> Self {
        static KINDS: LazyLock<BTreeMap<&'static str, Kind>> =
            LazyLock::new(|| Settings::KEYS.iter().map(|key| (*key, Kind::find(key))).collect());
        KINDS[key]
    }

    /// Found out by trying, so that there is no second table of keys beside the core's; once, for most attempts make an
    /// error, and a big file would spend half its time on them.
    fn find(key: &'static str) -> Self {
        let takes = |sample| deserialize(key, sample).is_ok();
        match (takes(Scalar::Text("1s")), takes(Scalar::Whole(1))) {
            (true, true) => Self::Window,
            (true, false) => Self::Duration,
            (false, true) if takes(Scalar::Number(0.5)) => Self::Number,
            (false, true) => Self::Count,
            (false, false) if takes(Scalar::Flag(true)) => Self::Flag,
            (false, false) if takes(Scalar::Text(Criticality::Critical.as_str())) => Self::Criticality,
            (false, false) => Self::Preset,
        }
    }

    /// What is allowed, and `written` as what to write instead, where that is known.
    pub(super) fn invalid(self, written: Option<String>) -> InvalidValue {
        let allowed = match self {
            Self::Count => format!("must be a whole number from 1 to {}", u32::MAX),
            Self::Number => "must be a number".to_owned(),
            Self::Flag => "must be true or false".to_owned(),
            Self::Duration => "must be a duration".to_owned(),
            Self::Window => {
                format!("must be a duration, or a number of calls from 1 to {}", Settings::MAX_WINDOW_CALLS)
            }
            Self::Preset => "must be the name of a preset".to_owned(),
            Self::Criticality => "must be critical or optional".to_owned(),
        };
        InvalidValue { allowed, fix: written.map_or_else(|| self.fix(), |written| format!("write {written}")) }
    }

    pub(crate) fn fix(self) -> String {
        match self {
            Self::Count => "write a whole number, such as 5",
            Self::Number => "write a number, such as 1",
            Self::Flag => "write true or false",
            Self::Duration => "write a duration with its unit, such as 30s",
            Self::Window => "write a duration with its unit, such as 60s, or a number of calls, such as 100",
            Self::Preset => "write database, cache or s3",
            Self::Criticality => "write critical or optional",
        }
        .to_owned()
    }
}
