//! How rules are cited: `T3` and `case 17` in prose, `t3_…` and `case_17_…` as the names of tests.

use std::collections::BTreeSet;

/// Words that look like rules.
const NOT_RULES: &[&str] = &["S3"];

/// Returns the rules that a text cites.
pub(super) fn of(text: &str) -> BTreeSet<String> {
    // A variable of that name is no announcement of cases.
    let text = text.replace("cases = ", "");
    let mut cited = BTreeSet::new();
    let mut before = Before::Other;
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()) {
        match before {
            Before::Fn => cited.extend(of_test(word)),
            Before::Case => cited.extend(case(word)),
            Before::Other => {}
        }
        cited.extend(is_rule(word).then(|| word.to_owned()));
        cited.extend(word.strip_prefix("case_").and_then(|rest| case(rest.split('_').next()?)));
        before = before.then(word);
    }
    for other in NOT_RULES {
        cited.remove(*other);
    }
    cited
}

/// What the previous words announce.
#[derive(Clone, Copy)]
enum Before {
    /// A function's name follows.
    Fn,
    /// Numbers of cases follow: `cases 17 to 19`.
    Case,
    Other,
}

impl Before {
    fn then(self, word: &str) -> Self {
        match (word, self) {
            ("fn", _) => Self::Fn,
            ("case" | "cases", _) => Self::Case,
            (word, Self::Case) if ["to", "and"].contains(&word) || case(word).is_some() => Self::Case,
            _ => Self::Other,
        }
    }
}

/// A capital letter and a small number.
fn is_rule(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase()) && number(&word[1..]).is_some()
}

/// `t1_t2_the_verdict_…` is a test of T1 and T2; `u8` is not a test.
fn of_test(function: &str) -> impl Iterator<Item = String> {
    let parts = function.rsplit_once('_').map_or("", |(parts, _)| parts);
    parts.split('_').map(str::to_ascii_uppercase).take_while(|part| is_rule(part))
}

fn case(digits: &str) -> Option<String> {
    number(digits).map(|number| format!("case_{number:02}"))
}

fn number(digits: &str) -> Option<u32> {
    let is_small = digits.len() <= 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| is_small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(text: &str) -> Vec<String> {
        of(text).into_iter().collect()
    }

    #[test]
    fn prose_cites_by_the_rules_own_name() {
        assert_eq!(cited("//! Probes: rules H1 to H6 (not `M2`)."), ["H1", "H6", "M2"]);
        assert_eq!(cited("the W5: slot"), ["W5"]);
    }

    #[test]
    fn tests_cite_by_the_beginning_of_their_name() {
        assert_eq!(cited("fn t1_t2_the_h3_verdict() {"), ["T1", "T2"]);
        assert_eq!(cited("fn case_07_nine()"), ["case_07"]);
        assert!(cited("fn u8(self) { run: fn(u64) }").is_empty());
        assert!(cited("let t1_start = p99_of(a1);").is_empty());
    }

    #[test]
    fn cases_are_cited_one_by_one_and_by_their_ends() {
        assert_eq!(cited("case 4, cases 17 to 19 and 31 of them"), ["case_04", "case_17", "case_19", "case_31"]);
        assert_eq!(cited("| `races::case_23_…` |"), ["case_23"]);
    }

    #[test]
    fn other_words_are_no_citations() {
        assert!(cited("Preset::S3, S3__WINDOW, X100, T, 12, in case of 3, a case 100 times, ÄT1x").is_empty());
        assert!(cited("let cases = [(0, 1), (7, 8)];").is_empty());
    }
}
