//! Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13.1.2).

use std::hash::{DefaultHasher, Hasher as _};

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use crate::response::{JSON, momentary};

/// Returns the JSON with its tag; without a body, and with the status 304, if the client already has it.
pub(crate) fn tagged(headers: &HeaderMap, json: String) -> Response {
    let tag = tag(json.as_bytes());
    let length = json.len();
    let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|value| matches(value.as_bytes(), tag.as_bytes()));
    let mut response = momentary(StatusCode::OK, JSON, json);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
        // That of the body which the client has, as HTTP wants it. axum would set it to 0.
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    // A cache may keep it, but must ask whether it is still true.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().insert(ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes"));
    response
}

/// Returns a strong tag: the hash of the body, in quotes.
///
/// SipHash with its fixed keys is the same in every instance with the same compiler. A changed body keeps its tag with a
/// probability of 2^-64, and the client then sees the previous one until the next change. To construct two such bodies, someone
/// would have to control the program's configuration, so the hash need not be a cryptographic one.
fn tag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether a value of `If-None-Match` is `*` or has this tag in its list, as a strong or as a weak one. What follows the
/// first tag that is malformed is ignored.
fn matches(list: &[u8], tag: &[u8]) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while let Some((found, after)) = first(rest) {
        if found == tag {
            return true;
        }
        rest = after;
    }
    false
}

/// Splits the first tag of a list off, with its quotes.
fn first(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = list.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
    let list = &list[start..];
    let list = list.strip_prefix(b"W/").unwrap_or(list);
    let content = list.strip_prefix(b"\"")?;
    let length = content.iter().position(|byte| *byte == b'"')?;
    Some(list.split_at(length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_matches_if_it_has_the_tag() {
        let lists: [&[u8]; 8] = [
            b"*",
            b" * ",
            b"\"a1\"",
            b"W/\"a1\"",
            b"\"x\", \"a1\"",
            b"\"x\",\t,W/\"y\" ,,W/\"a1\",\"z\"",
            b"\"a,b\", \"a1\"",
            b"\"\xff\" \"a1\" garbage",
        ];
        for list in lists {
            assert!(matches(list, b"\"a1\""), "{}", list.escape_ascii());
        }
    }

    #[test]
    fn a_list_without_the_tag_and_a_malformed_one_do_not_match() {
        let lists: [&[u8]; 11] = [
            b"",
            b",, ,",
            b"a1",
            b"\"a1",
            b"w/\"a1\"",
            b"W/ \"a1\"",
            b"\"A1\"",
            b"\"a\"",
            b"\"x,\"a1\",y\"",
            b"*, \"x\"",
            b"garbage, \"a1\"",
        ];
        for list in lists {
            assert!(!matches(list, b"\"a1\""), "{}", list.escape_ascii());
        }
    }

    #[test]
    fn tags_differ_with_the_body_and_with_nothing_else() {
        assert_eq!(tag(b"{}"), tag(b"{}"));
        assert_ne!(tag(b"{}"), tag(b"{} "));
        assert_ne!(tag(b""), tag(b"\0"));
        assert_eq!(tag(b"").len(), 18);
    }
}
