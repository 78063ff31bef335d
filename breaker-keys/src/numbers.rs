//! Parses numbers and flags in plain text, and guesses what an invalid one was meant to be.

use alloc::string::{String, ToString};

/// Parses digits without a leading zero, since `010` may mean 10 or, in octal, 8. Returns `None` for other texts and for
/// numbers of more than 64 bits.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// Parses YAML's decimal numbers, except those with a leading zero.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches('-');
    let padded = digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        // `parse` also accepts `inf` and `nan`, which are text in YAML.
        _ if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') && !padded => text.parse().ok(),
        _ => None,
    }
}

/// Parses a boolean of YAML 1.2, which has no `yes` and no `on`.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Returns the number that was probably meant by texts such as `1_000`, `030`, `0x1F`, `+5` and `0,5`.
pub(crate) fn loose(text: &str) -> Option<f64> {
    let bare: String = text.trim().replace(['_', '\'', ' '], "").replace(',', ".");
    let radix = |prefix, radix| u32::from_str_radix(bare.strip_prefix(prefix)?, radix).ok().map(f64::from);
    let numeric = bare.trim_start_matches(['+', '-']).starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let value = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| bare.parse().ok().filter(|_| numeric))?;
    value.is_finite().then_some(value)
}

/// Whether a number has no fraction.
pub(crate) fn is_whole(number: f64) -> bool {
    number % 1.0 == 0.0
}

/// Returns the number that was probably meant, in the notation of a count.
pub(crate) fn as_count(text: &str) -> Option<String> {
    let value = loose(text).filter(|value| is_whole(*value) && (1.0..=f64::from(u32::MAX)).contains(value))?;
    Some(value.to_string())
}

/// Returns the number that was probably meant, in the notation of a share or factor; `50%` is 0.5.
pub(crate) fn as_number(text: &str) -> Option<String> {
    let share = text.strip_suffix('%').and_then(loose).map(|percent| percent / 100.0);
    Some(share.or_else(|| loose(text))?.to_string())
}
