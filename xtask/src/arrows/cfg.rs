//! Recognizes code that exists only in tests: `#[test]` and every `#[cfg(…)]` that is false without `test`.

use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_test = attribute.path().segments.last().is_some_and(|last| last.ident == "test");
        is_test || (attribute.path().is_ident("cfg") && attribute.parse_args().is_ok_and(|cfg| excludes(&cfg)))
    })
}

fn excludes(cfg: &Meta) -> bool {
    without_test(cfg) == Some(false)
}

/// Evaluates a condition without `test`; `None` if it depends on other options.
fn without_test(cfg: &Meta) -> Option<bool> {
    if cfg.path().is_ident("test") {
        return Some(false);
    }
    let Meta::List(list) = cfg else { return None };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let mut parts = parts.iter().map(without_test);
    if list.path.is_ident("not") {
        return parts.next()?.map(|says| !says);
    }
    // One part is enough: a false one of `all`, a true one of `any`.
    let decisive = list.path.is_ident("any");
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    parts.iter().all(Option::is_some).then_some(!decisive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_test(attribute: &str) -> bool {
        let item: syn::ItemFn = syn::parse_str(&format!("{attribute} fn f() {{}}")).expect("a function");
        is_test_only(&item.attrs)
    }

    #[test]
    fn what_needs_test_is_a_test() {
        for attribute in [
            "#[cfg(test)]",
            "#[cfg(all(test, loom))]",
            "#[cfg(all(loom, any(test)))]",
            "#[cfg(not(not(test)))]",
            "#[cfg(not(any(loom, not(test))))]",
            "#[test]",
            "#[tokio::test]",
        ] {
            assert!(is_test(attribute), "{attribute}");
        }
    }

    #[test]
    fn what_may_exist_without_test_is_none() {
        for attribute in [
            "",
            "#[cfg(loom)]",
            "#[cfg(not(test))]",
            "#[cfg(any(test, feature = \"test-util\"))]",
            "#[cfg(all(not(test), loom))]",
            "#[cfg(feature = \"test\")]",
            "#[cfg_attr(test, derive(Debug))]",
        ] {
            assert!(!is_test(attribute), "{attribute}");
        }
    }
}
