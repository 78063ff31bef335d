//! The known name that is nearest to an unknown one.

/// The known name that is near enough to be what was meant, if any.
pub(crate) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    let length = unknown.chars().count();
    let near = known.filter_map(|name| {
        let own = name.chars().count();
        let most = (own / 3).max(1);
        // Names whose lengths differ by more are farther away than that; comparing very long ones takes long.
        let distance = (own.abs_diff(length) <= most).then(|| strsim::levenshtein(&unknown, &name.to_lowercase()))?;
        (distance <= most).then_some((distance, name))
    });
    Some(near.min()?.1)
}
