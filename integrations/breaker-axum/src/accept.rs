//! The `Accept` header of a request.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::ACCEPT;

/// Returns the values of all `Accept` headers, joined. Empty if there is none. Bytes that are not UTF-8 match no media
/// type.
pub(crate) fn accept(headers: &HeaderMap) -> Cow<'_, str> {
    let mut values = headers.get_all(ACCEPT).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let first = values.next().unwrap_or_default();
    values.fold(first, |joined, value| Cow::Owned(format!("{joined}, {value}")))
}
