//! Names in format strings: `{name}`, `{name:?}`, `{:>width$}`, `{:.precision$}`; `{{name}}` is text.

use std::ops::Range;

/// Returns the names that a format string captures.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    places(text).into_iter().map(|place| &text[place])
}

/// Returns the format string with the captured name `from` replaced by `to`.
pub(crate) fn renamed(text: &str, from: &str, to: &str) -> String {
    let mut renamed = text.to_owned();
    for place in places(text).into_iter().rev().filter(|place| text[place.clone()] == *from) {
        renamed.replace_range(place, to);
    }
    renamed
}

fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(brace) = text[at..].find('{') {
        let start = at + brace + 1;
        if text[start..].starts_with('{') {
            at = start + 1;
            continue;
        }
        let end = text[start..].find('}').map_or(text.len(), |length| start + length);
        let (argument, spec) = match text[start..end].find(':') {
            Some(colon) => (start..start + colon, start + colon + 1..end),
            None => (start..end, end..end),
        };
        found.extend(Some(trimmed(text, argument)).filter(|place| is_name(&text[place.clone()])));
        found.extend(counts(text, spec));
        at = end;
    }
    found
}

/// Finds the names in `width$` and `precision$` of a format specification. A fill, an alignment, a flag or a dot comes before
/// them.
fn counts(text: &str, spec: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let dollars: Vec<usize> = text[spec.clone()].match_indices('$').map(|(at, _)| spec.start + at).collect();
    dollars.into_iter().filter_map(move |end| {
        let before = &text[spec.start..end];
        let length: usize = before.chars().rev().take_while(|c| is_of_name(*c)).map(char::len_utf8).sum();
        // `0` is a flag, not the start of a name.
        let zeros = before[before.len() - length..].chars().take_while(|c| *c == '0').count();
        let place = end - length + zeros..end;
        is_name(&text[place.clone()]).then_some(place)
    })
}

fn trimmed(text: &str, place: Range<usize>) -> Range<usize> {
    let inside = &text[place.clone()];
    let start = place.start + (inside.len() - inside.trim_start().len());
    start..start + inside.trim().len()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| is_of_name(c) && !c.is_ascii_digit()) && word.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_between_single_braces_count() {
        let of = |text| names(text).collect::<Vec<_>>();
        assert_eq!(of("a {id} b {name:?} { spaced }"), ["id", "name", "spaced"]);
        assert_eq!(of("{:>width$} {:0width$.precision$} {x:é>w$}"), ["width", "width", "precision", "x", "w"]);
        assert_eq!(of("{{id}} {} {0} {:?} {:5} /id/{}"), [""; 0]);
        assert_eq!(of("{{{id}}} {{{{id}}}} {"), ["id"]);
        assert_eq!(of(r#"{"id": 1}"#), [""; 0]);
    }

    #[test]
    fn a_name_is_replaced_where_it_is_one() {
        assert_eq!(
            renamed("{self} {{self}} self {self:?} {selfish}", "self", "it"),
            "{it} {{self}} self {it:?} {selfish}"
        );
    }
}
