//! Finds the known name that is nearest to an unknown one.

use alloc::string::String;
use alloc::vec::Vec;

/// The length, in characters, above which words are not compared: they are far longer than all names, and comparing them
/// would take long.
const LONGEST: usize = 64;

/// Returns the known name that was probably meant: the only one that begins with the word, or one that differs by few letters.
/// Case is ignored.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().take(LONGEST + 1).count();
    if letters > LONGEST {
        return None;
    }
    let (word, allowed) = (word.to_lowercase(), (letters / 3).max(1));
    let known: Vec<&str> = known.into_iter().collect();
    let begun = known.iter().filter(|name| letters > 2 && name.to_lowercase().starts_with(&word));
    if let [name] = begun.collect::<Vec<_>>().as_slice() {
        return Some(name);
    }
    let distances = known.into_iter().map(|name| (edit_distance(&word, &name.to_lowercase()), name));
    let near = distances.filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Returns the word in the notation of keys: lower case, with `_` for `-` and spaces.
pub(crate) fn normalised(word: &str) -> String {
    let letters = word.chars().take(LONGEST + 1).map(|letter| if matches!(letter, '-' | ' ') { '_' } else { letter });
    letters.collect::<String>().to_lowercase()
}

/// Returns the Levenshtein distance: the number of edits (insert, delete, replace) that turn `left` into `right`.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_key() {
        let known = ["failure_threshold", "failure_rate", "window"];
        assert_eq!(nearest("failure_treshold", known), Some("failure_threshold"));
        assert_eq!(nearest("Windows", known), Some("window"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("win", known), Some("window"));
        assert_eq!(nearest("fai", known), None, "two names begin with it");
        assert_eq!(nearest("x", ["s3", "y"]), None, "every letter differs");
        assert_eq!(nearest(&"w".repeat(1_000_000), known), None);
    }
}
