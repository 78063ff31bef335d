//! Reads docs/rules.md: a rule is a heading of the third level or a row of the table of cases.

use std::fmt;

pub(super) struct Rule {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) tests: Vec<TestName>,
}

/// Written `path::name`.
pub(super) struct TestName {
    pub(super) file: String,
    pub(super) function: String,
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.file, self.function)
    }
}

/// Tests belong to the rule above them.
pub(super) fn rules(text: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(name) = name(line) {
            rules.push(Rule { name: name.to_owned(), line: index + 1, tests: Vec::new() });
        }
        if let Some(rule) = rules.last_mut() {
            rule.tests.extend(tests(line));
        }
    }
    rules
}

/// `### T1: comparisons …`, or `| case_01 | …`.
fn name(line: &str) -> Option<&str> {
    if let Some(heading) = line.strip_prefix("### ") {
        return heading.split(':').next().map(str::trim);
    }
    let cell = line.strip_prefix("| ")?.split(" |").next()?;
    cell.starts_with("case_").then_some(cell)
}

/// Returns the texts in backquotes that have the form of a test's name.
fn tests(line: &str) -> impl Iterator<Item = TestName> {
    line.split('`').skip(1).step_by(2).filter_map(|quoted| {
        let (file, function) = quoted.split_once(".rs::")?;
        Some(TestName { file: format!("{file}.rs"), function: function.to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<String>)> {
        let shown = |rule: Rule| (rule.name, rule.tests.iter().map(ToString::to_string).collect());
        rules(text).into_iter().map(shown).collect()
    }

    #[test]
    fn headings_and_rows_are_rules() {
        let text = "## Trip\n\n### T1: at least\n\nText.\n\n- `a/b.rs::t1_x`\n- `c.rs::t1_y`\n\n### Modes\n\n\
                    | case | what | tests |\n|---|---|---|\n| case_01 | S `F` | `d.rs::case_01_x`, `d.rs::case_01_y` |\n";
        let expected = [
            ("T1", vec!["a/b.rs::t1_x", "c.rs::t1_y"]),
            ("Modes", vec![]),
            ("case_01", vec!["d.rs::case_01_x", "d.rs::case_01_y"]),
        ];
        assert_eq!(
            read(text),
            expected.map(|(name, tests)| (name.into(), tests.into_iter().map(Into::into).collect()))
        );
    }

    #[test]
    fn only_paths_in_backquotes_are_tests() {
        assert_eq!(read("### T1\n`Outcome::OpenFor`, a.rs::t1_x, `a.rs`\n"), [("T1".to_owned(), vec![])]);
    }
}
