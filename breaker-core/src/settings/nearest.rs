//! The key that an unknown one was probably meant to be.

use super::keys::Settings;

impl Settings {
    /// The key whose name is nearest to one that is not known, if any is near enough to be what was meant.
    ///
    /// ```
    /// use breaker_core::Settings;
    ///
    /// assert_eq!(Settings::nearest_key("failure_treshold"), Some("failure_threshold"));
    /// assert_eq!(Settings::nearest_key("colour"), None);
    /// ```
    #[must_use]
    pub fn nearest_key(unknown: &str) -> Option<&'static str> {
        let unknown = unknown.to_lowercase().replace(['-', ' '], "_");
        let distances = Self::KEYS.iter().map(|key| (distance(&unknown, key), *key));
        let (distance, key) = distances.min()?;
        (distance <= key.len() / 3).then_some(key)
    }
}

/// Levenshtein's distance: how many letters to insert, delete or replace.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
