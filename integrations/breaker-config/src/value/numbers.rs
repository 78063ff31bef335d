//! Numbers and flags in plain text, and what is probably meant by what is neither.

/// What to write for a duration that came as a bare number, which most mean in seconds.
pub(super) fn with_unit(seconds: f64) -> String {
    let example = match seconds {
        seconds if seconds >= 1.0 && seconds.fract() == 0.0 => format!("{seconds}s"),
        seconds if seconds >= 0.001 => format!("{}ms", (seconds * 1000.0).round()),
        _ => "30s".to_owned(),
    };
    format!("write a duration with its unit, such as {example}")
}

/// Digits, and no zero before them: `010` is ten to some and eight to others.
pub(super) fn whole(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// YAML's decimal numbers, less those with a zero in front.
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches('-');
    let padded = digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        // Rust's grammar knows `inf` and `nan`, which are words in YAML.
        _ if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') && !padded => text.parse().ok(),
        _ => None,
    }
}

/// YAML 1.2 has no `yes` and no `on`.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What was meant by `1_000`, `030`, `0x1F`, `+5` or `0,5`.
pub(super) fn loose(text: &str) -> Option<f64> {
    let bare: String = text.trim().replace(['_', '\'', ' '], "").replace(',', ".");
    let radix = |prefix, radix| u32::from_str_radix(bare.strip_prefix(prefix)?, radix).ok().map(f64::from);
    let numeric = bare.trim_start_matches(['+', '-']).starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let value = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| bare.parse().ok().filter(|_| numeric))?;
    value.is_finite().then_some(value)
}

/// The same, written as a count is.
pub(super) fn as_count(text: &str) -> Option<String> {
    let value = loose(text).filter(|value| value.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(value))?;
    Some(value.to_string())
}

/// The same, written as a number is; `50%` is 0.5.
pub(super) fn as_number(text: &str) -> Option<String> {
    let share = text.strip_suffix('%').and_then(loose).map(|percent| percent / 100.0);
    Some(share.or_else(|| loose(text))?.to_string())
}
