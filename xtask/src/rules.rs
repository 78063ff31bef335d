//! `cargo xtask rules`: checks that docs/rules.md has every rule that the repository cites, and that each rule names
//! tests that exist.

mod citations;
mod document;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::sources;
use document::{Rule, TestName};

const DOCUMENT: &str = "docs/rules.md";

/// Where rules are cited: code, documentation, and the lists of weakenings and results.
const EXTENSIONS: &[&str] = &["rs", "md", "txt", "toml", "yaml"];

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let rules = document::rules(&sources::read(&root.join(DOCUMENT))?);
    let cited = cited(root)?;
    let mut faults = stated_once(&rules);
    faults.extend(missing(&rules, &cited));
    faults.extend(untested(&rules, |test| exists(root, test)));
    if faults.is_empty() {
        let tests: usize = rules.iter().map(|rule| rule.tests.len()).sum();
        println!("    {} rules with {tests} tests; {} of them are cited", rules.len(), cited.len());
        return Ok(());
    }
    Err(format!("{DOCUMENT} is wrong:\n  {}", faults.join("\n  ")))
}

/// Returns each cited rule, with the first file that cites it.
fn cited(root: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut files = sources::below(root, EXTENSIONS)?;
    files.sort();
    let mut cited = BTreeMap::new();
    for file in files {
        for rule in citations::of(&sources::read(&file)?) {
            cited.entry(rule).or_insert_with(|| sources::name(&file, root));
        }
    }
    Ok(cited)
}

fn stated_once(rules: &[Rule]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let again = rules.iter().filter(|rule| !names.insert(&rule.name));
    again.map(|rule| format!("line {}: duplicate rule `{}`", rule.line, rule.name)).collect()
}

fn missing(rules: &[Rule], cited: &BTreeMap<String, String>) -> Vec<String> {
    let unknown = cited.iter().filter(|(name, _)| rules.iter().all(|rule| rule.name != **name));
    unknown.map(|(name, file)| format!("{file} cites `{name}`, which is not in the document")).collect()
}

fn untested(rules: &[Rule], exists: impl Fn(&TestName) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for Rule { name, line, tests } in rules {
        if tests.is_empty() {
            faults.push(format!("line {line}: `{name}` has no test"));
        }
        let lost = tests.iter().filter(|test| !exists(test));
        faults.extend(lost.map(|test| format!("line {line}: `{name}` names `{test}`, which is not a test")));
    }
    faults
}

fn exists(root: &Path, test: &TestName) -> bool {
    sources::read(&root.join(&test.file)).is_ok_and(|text| is_test(&text, &test.function))
}

/// Whether a text has a function of this name with an attribute whose path ends in `test`.
fn is_test(text: &str, function: &str) -> bool {
    let start = format!("fn {function}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.trim_start_matches("async ").starts_with(&start));
    at.is_some_and(|at| lines[..at].iter().rev().take_while(|line| stands_above(line)).any(|line| marks_a_test(line)))
}

fn stands_above(line: &str) -> bool {
    line.starts_with("#[") || line.starts_with("//")
}

fn marks_a_test(line: &str) -> bool {
    let path = line.strip_prefix("#[").and_then(|rest| rest.split(['(', ']']).next());
    path.is_some_and(|path| path == "test" || path.ends_with("::test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTED: &str = "### T1: at least\n\n- `a.rs::t1_holds`\n";

    fn cited_in(text: &str) -> BTreeMap<String, String> {
        citations::of(text).into_iter().map(|rule| (rule, "b.rs".to_owned())).collect()
    }

    #[test]
    fn a_cited_rule_that_is_missing_is_a_fault() {
        let rules = document::rules(TESTED);
        assert!(missing(&rules, &cited_in("// T1 holds")).is_empty());
        assert_eq!(missing(&rules, &cited_in("// T1, T2")), ["b.rs cites `T2`, which is not in the document"]);
    }

    #[test]
    fn a_rule_without_a_test_is_a_fault() {
        let rules = document::rules("### T1: at least\n\nA text.\n\n### T2: any\n\n- `a.rs::t2_any`\n");
        assert_eq!(untested(&rules, |_| true), ["line 1: `T1` has no test"]);
    }

    #[test]
    fn a_test_that_does_not_exist_is_a_fault() {
        let rules = document::rules(TESTED);
        assert_eq!(untested(&rules, |_| false), ["line 1: `T1` names `a.rs::t1_holds`, which is not a test"]);
        let nowhere = TestName { file: "no/such.rs".to_owned(), function: "t1_holds".to_owned() };
        assert!(!exists(&crate::workspace_root(), &nowhere));
    }

    #[test]
    fn a_rule_that_is_stated_twice_is_a_fault() {
        let twice = document::rules("### T1: at least\n### T2: any\n### T1: more\n");
        assert_eq!(stated_once(&twice), ["line 3: duplicate rule `T1`"]);
    }

    #[test]
    fn a_test_is_a_function_under_a_test_attribute() {
        let plain = "#[test]\n#[ignore]\n// Why.\nfn holds() {\n";
        assert!(is_test(plain, "holds"));
        assert!(!is_test(plain, "hold"));
        assert!(is_test("  #[tokio::test(start_paused = true)]\n  async fn holds() {\n", "holds"));
        assert!(!is_test("#[test]\nfn first() {}\n\nfn holds() {\n", "holds"));
        assert!(!is_test("#[cfg(test)]\nfn holds() {\n", "holds"));
        assert!(!is_test("// fn holds()\n", "holds"));
    }

    #[test]
    fn this_repository_is_searched() {
        let cited = cited(&crate::workspace_root()).expect("readable");
        for rule in ["T1", "W7", "H4", "C5", "case_17"] {
            assert!(cited.contains_key(rule), "{rule}");
        }
    }
}
