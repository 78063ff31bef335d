//! How long a response asks its client to wait.

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, RETRY_AFTER};

/// Returns how long these headers ask to wait: `retry-after-ms`, or else `Retry-After` in seconds or as an HTTP date.
/// A value that is zero, past or malformed is ignored.
pub(crate) fn requested(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    milliseconds(headers, "retry-after-ms").or_else(|| {
        let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match number(value) {
            Some(seconds) => Duration::from_secs(seconds),
            None => httpdate::parse_http_date(value).ok()?.duration_since(now).ok()?,
        };
        Some(wait).filter(|wait| !wait.is_zero())
    })
}

/// Returns the milliseconds in this header, if they are more than zero.
pub(crate) fn milliseconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    number(value).filter(|&milliseconds| milliseconds > 0).map(Duration::from_millis)
}

/// Parses digits alone: no sign, no fraction. A number that is too large is the largest one.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT

    fn of(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header value"));
        requested(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
    }

    #[test]
    fn seconds_dates_and_milliseconds_are_read() {
        for (name, value, expected) in [
            ("retry-after", "120", 120_000),
            ("retry-after", " 7 ", 7_000),
            ("retry-after", "604800", 604_800_000),
            ("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT", 23_000),
            ("retry-after", "Sunday, 06-Nov-94 08:50:00 GMT", 23_000),
            ("retry-after", "Sun Nov  6 08:50:00 1994", 23_000),
            ("retry-after", "Sun, 13 Nov 1994 08:49:37 GMT", 604_800_000),
            ("retry-after-ms", "1500", 1_500),
        ] {
            assert_eq!(of(name, value), Some(Duration::from_millis(expected)), "{name}: {value}");
        }
    }

    #[test]
    fn what_is_zero_past_or_malformed_is_absent() {
        for value in
            ["0", "-5", "+5", "1.5", "soon", "", "5 s", "0x10", "١٢", "Sun, 06 Nov 1994 08:49:36 GMT", "Mon, 99 Foo"]
        {
            assert_eq!(of("retry-after", value), None, "{value}");
        }
        for value in ["0", "-1", "12.5", "NaN", ""] {
            assert_eq!(of("retry-after-ms", value), None, "{value}");
        }
    }

    #[test]
    fn the_exact_present_is_no_wait() {
        assert_eq!(of("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), None);
    }

    #[test]
    fn a_number_that_is_too_large_is_the_largest() {
        let largest = Some(Duration::from_secs(u64::MAX));
        assert_eq!(of("retry-after", "99999999999999999999999999"), largest);
    }

    #[test]
    fn milliseconds_come_first_unless_they_are_malformed() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "2".parse().expect("a header value"));
        headers.insert("retry-after-ms", "1500".parse().expect("a header value"));
        assert_eq!(requested(&headers, SystemTime::now()), Some(Duration::from_millis(1_500)));
        headers.insert("retry-after-ms", "soon".parse().expect("a header value"));
        assert_eq!(requested(&headers, SystemTime::now()), Some(Duration::from_secs(2)));
    }
}
