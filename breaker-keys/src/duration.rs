//! Reads and formats durations in humantime's grammar, with units up to weeks.

use core::fmt;
use core::time::Duration;

use alloc::string::{String, ToString};

/// Reads one number with its unit: `humantime::parse_duration` without its error.
pub type ParsePart<'a> = &'a dyn Fn(&str) -> Option<Duration>;

/// The accepted units, each with its spellings. Messages use the first spelling.
pub const UNITS: &[&[&str]] = &[
    &["ns", "nsec", "nanos"],
    &["us", "usec", "µs"],
    &["ms", "msec", "millis"],
    &["s", "sec", "secs", "second", "seconds"],
    &["m", "min", "mins", "minute", "minutes"],
    &["h", "hr", "hrs", "hour", "hours"],
    &["d", "day", "days"],
    &["w", "wk", "wks", "week", "weeks"],
];

/// Why a text is not a duration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It does not consist of numbers with units.
    Malformed,
    /// The last number has no unit.
    NoUnit,
    /// It has an unknown unit.
    UnknownUnit(String),
    TooLong,
}

/// Parses a duration: the sum of its parts.
///
/// Each part is read alone, because humantime 2.4 panics if the parts below a second add up to exactly one second too many.
pub(crate) fn parse(text: &str, part: ParsePart<'_>) -> Result<Duration, Problem> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while let Some(start) = rest.find(char::is_alphabetic) {
        let end = rest[start..].find(|c: char| !c.is_alphabetic()).map_or(rest.len(), |length| start + length);
        let (number, unit) = (&rest[..start], &rest[start..end]);
        if !number.contains(|c: char| c.is_ascii_digit()) || number.contains('-') {
            return Err(Problem::Malformed);
        }
        if !UNITS.iter().any(|spellings| spellings.contains(&unit)) {
            return Err(Problem::UnknownUnit(unit.to_string()));
        }
        let is_whole = number.chars().all(|c| c.is_ascii_digit() || c.is_whitespace());
        let of_part = part(&rest[..end]).ok_or(if is_whole { Problem::TooLong } else { Problem::Malformed })?;
        sum = sum.checked_add(of_part).ok_or(Problem::TooLong)?;
        rest = &rest[end..];
    }
    match rest.trim() {
        "" if text.trim().is_empty() => Err(Problem::Malformed),
        "" => Ok(sum),
        number if number.chars().all(|c| c.is_ascii_digit()) => Err(Problem::NoUnit),
        _ => Err(Problem::Malformed),
    }
}

/// Displays a duration exactly, in the grammar that is read: `30s`, `2m 30s`, `1s 500ms`.
#[derive(Clone, Copy, Debug)]
pub struct Human(pub Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        // Durations below two minutes are shown in seconds: `60s`, `90s`.
        let parts = if seconds < 120 {
            [(0, "d"), (0, "h"), (0, "m"), (seconds, "s")]
        } else {
            [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        };
        let fractions = [
            (u64::from(nanos / 1_000_000), "ms"),
            (u64::from(nanos / 1_000 % 1_000), "us"),
            (u64::from(nanos % 1_000), "ns"),
        ];
        let mut gap = "";
        for (count, unit) in parts.into_iter().chain(fractions).filter(|part| part.0 > 0) {
            write!(f, "{gap}{count}{unit}")?;
            gap = " ";
        }
        if gap.is_empty() { f.write_str("0s") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads seconds and milliseconds, which are enough for these tests.
    fn part(text: &str) -> Option<Duration> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match text.strip_suffix("ms") {
            Some(millis) => millis.parse().ok().map(Duration::from_millis),
            None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
        }
    }

    #[test]
    fn parts_add_up() {
        assert_eq!(parse(" 1s 500ms ", &part), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse("18446744073709551615s 999ms", &part).map(|sum| sum.subsec_millis()), Ok(999));
        for (text, problem) in [
            ("", Problem::Malformed),
            ("-1s", Problem::Malformed),
            ("s", Problem::Malformed),
            ("1,5", Problem::Malformed),
            ("30", Problem::NoUnit),
            ("1s 30", Problem::NoUnit),
            ("1 parsec", Problem::UnknownUnit("parsec".to_string())),
            ("1M", Problem::UnknownUnit("M".to_string())),
            ("1 year", Problem::UnknownUnit("year".to_string())),
            ("18446744073709551615s 1000ms", Problem::TooLong),
            ("99999999999999999999s", Problem::TooLong),
            ("1.5.5s", Problem::Malformed),
        ] {
            assert_eq!(parse(text, &part), Err(problem), "{text}");
        }
    }

    #[test]
    fn durations_are_exact() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_nanos(1), "1ns"),
            (Duration::from_micros(1_500), "1ms 500us"),
            (Duration::from_secs(90), "90s"),
            (Duration::from_secs(120), "2m"),
            (Duration::from_secs(3_661), "1h 1m 1s"),
            (Duration::from_secs(86_400), "1d"),
            (Duration::MAX, "213503982334601d 7h 15s 999ms 999us 999ns"),
        ] {
            assert_eq!(Human(duration).to_string(), text);
        }
    }
}
