//! The `Accept` header of HTTP (RFC 9110, section 12.5.1).

/// How well a range of the header matches a media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Quality {
    /// More for a range that says more: 0 for `*/*`, 1 for `text/*`, 2 for the type, 3 with its version.
    specificity: u8,
    /// The quality value, from 0 to 1000.
    thousandths: u16,
}

impl Quality {
    /// Whether the range names the type.
    fn is_exact(self) -> bool {
        self.specificity >= 2
    }
}

/// Chooses the media type that the value of an `Accept` header prefers, for an endpoint that has more formats than those
/// of [`Format`](crate::Format), and returns what is offered with it. `None` if the header accepts no offer: answer 406.
///
/// Each offer is a media type, such as a [`content_type`](crate::Format::content_type), and a value. Of its parameters,
/// only `version` is compared. Put the default first: if several offers are equally good, the last of those that the
/// header names is chosen, otherwise (for `*/*` or `text/*`) the first. The default is also chosen if the value is empty,
/// which means what a missing header means. Ranges with an invalid quality are skipped. Join the values of several
/// `Accept` headers with commas.
///
/// ```
/// use breaker_prometheus::{Format, negotiate};
///
/// let offers = [(Format::Text.content_type(), "text"), ("application/json", "JSON")];
/// assert_eq!(negotiate("*/*", &offers), Some("text"));
/// assert_eq!(negotiate("application/json, */*;q=0.5", &offers), Some("JSON"));
/// assert_eq!(negotiate("image/png", &offers), None);
/// ```
#[must_use]
pub fn negotiate<T: Copy>(accept: &str, offers: &[(&str, T)]) -> Option<T> {
    if accept.trim().is_empty() {
        return offers.first().map(|(_, value)| *value);
    }
    let rated = offers.iter().filter_map(|(media_type, value)| Some((quality(accept, media_type)?, *value)));
    let acceptable: Vec<_> = rated.filter(|(quality, _)| quality.thousandths > 0).collect();
    let best = acceptable.iter().map(|(quality, _)| quality.thousandths).max()?;
    let mut equally_good = acceptable.into_iter().filter(|(quality, _)| quality.thousandths == best);
    let first = equally_good.next()?;
    let others = equally_good.filter(|(quality, _)| quality.is_exact());
    others.last().or(Some(first)).map(|(_, value)| value)
}

/// Returns the quality of the most specific range that matches this type in its version, if any does. If the header has
/// one range twice, the better quality counts.
fn quality(accept: &str, media_type: &str) -> Option<Quality> {
    let mut parts = media_type.split(';').map(str::trim);
    let media_type = parts.next()?;
    let version = parts.find_map(|parameter| parameter.strip_prefix("version=")).unwrap_or_default();
    unquoted_split(accept, ',').filter_map(|range| matched(range, media_type, version)).max()
}

fn matched(range: &str, media_type: &str, version: &str) -> Option<Quality> {
    let mut parts = unquoted_split(range, ';').map(str::trim);
    let mut specificity = type_specificity(parts.next()?, media_type)?;
    let mut thousandths = 1000;
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("q") {
            thousandths = parse_quality(value)?;
        } else if name.eq_ignore_ascii_case("version") {
            if value.trim_matches('"') != version {
                return None;
            }
            specificity = 3;
        }
    }
    Some(Quality { specificity, thousandths })
}

fn type_specificity(range: &str, media_type: &str) -> Option<u8> {
    let top = media_type.split('/').next()?;
    if range.eq_ignore_ascii_case(media_type) {
        Some(2)
    } else if range.strip_suffix("/*").is_some_and(|of| of.eq_ignore_ascii_case(top)) {
        Some(1)
    } else {
        (range == "*/*").then_some(0)
    }
}

/// `0` or `1`, with at most three decimals, and at most 1.
fn parse_quality(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    (thousandths <= 1000).then_some(thousandths)
}

/// Splits at the separators that are not in a quoted string.
fn unquoted_split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        character == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &str) -> Option<(u8, u16)> {
        quality(accept, "text/plain; version=0.0.4; charset=utf-8").map(|range| (range.specificity, range.thousandths))
    }

    #[test]
    fn the_most_specific_range_decides() {
        assert_eq!(of("*/*"), Some((0, 1000)));
        assert_eq!(of("*/*, text/*;q=0.2"), Some((1, 200)));
        assert_eq!(of("text/plain;q=0.1, text/*;q=0.2, */*"), Some((2, 100)));
        assert_eq!(of("text/plain; version=0.0.4; q=0, text/plain"), Some((3, 0)));
        assert_eq!(of("text/plain;q=0.1,text/plain;q=0.3"), Some((2, 300)));
    }

    #[test]
    fn another_type_or_version_does_not_match() {
        assert_eq!(of("text/html, text/plain;version=1.0.0, image/*"), None);
        assert_eq!(of("text/plain;version=\"0.0.4\""), Some((3, 1000)));
        assert_eq!(of("TEXT/Plain ; Q=0.5 ; Version=0.0.4"), Some((3, 500)));
    }

    #[test]
    fn a_range_with_an_invalid_quality_is_skipped() {
        for quality in ["2", "1.001", "-1", "0.1234", "x", "", "0.x", "1.5", ".5", "NaN"] {
            assert_eq!(of(&format!("text/plain;q={quality}")), None, "{quality}");
        }
        for (quality, thousandths) in [("0", 0), ("1", 1000), ("1.000", 1000), ("0.5", 500), ("0.007", 7), ("0.", 0)] {
            assert_eq!(of(&format!("text/plain;q={quality}")), Some((2, thousandths)), "{quality}");
        }
    }

    #[test]
    fn separators_in_quotes_separate_nothing() {
        assert_eq!(of(r#"text/html;a=",text/plain;q=1,", */*;q=0.5"#), Some((0, 500)));
        assert_eq!(of(r#"text/html;a="\",text/plain", text/plain;q=0.5"#), Some((2, 500)));
        assert_eq!(of("text/html;a=\",text/plain"), None);
    }
}
