//! Reads the table of weakenings: `engine/loom_tests/weakenings.txt` of breaker-core. Each row is a small diff without
//! line numbers:
//!
//! ```text
//! [name] description
//! engine/file.rs
//!  a context line
//! -a removed line
//! +an added line
//! fails: a_model another_model
//! ```
//!
//! `stays: reason` instead of `fails:` marks a place that is not weakened: it can't be, or no model could detect it.

/// A place in the engine.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) hunks: Vec<Hunk>,
    pub(super) verdict: Verdict,
}

/// Consecutive lines of one file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Hunk {
    /// Relative to `breaker-core/src`.
    pub(super) file: String,
    /// The lines of the file, and their weaker replacement in `weak`.
    pub(super) strong: Vec<String>,
    pub(super) weak: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// The models that must fail, by their names after `loom_`.
    Fails(Vec<String>),
    /// The reason why the place isn't weakened.
    Stays(String),
}

pub(super) fn parse(text: &str) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        add(&mut rows, line).map_err(|fault| format!("line {number}: {fault}"))?;
    }
    match rows.iter().find(|row| !row.is_complete()) {
        Some(row) => Err(format!("[{}] has no lines, or neither `fails:` nor `stays:`", row.name)),
        None => Ok(rows),
    }
}

impl Row {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), hunks: Vec::new(), verdict: Verdict::Fails(Vec::new()) }
    }

    fn is_complete(&self) -> bool {
        let has_verdict = !matches!(&self.verdict, Verdict::Fails(models) if models.is_empty());
        let is_change = |hunk: &Hunk| !hunk.strong.is_empty() && (hunk.strong != hunk.weak || self.models().is_empty());
        has_verdict && !self.hunks.is_empty() && self.hunks.iter().all(is_change)
    }

    pub(super) fn models(&self) -> &[String] {
        match &self.verdict {
            Verdict::Fails(models) => models,
            Verdict::Stays(_) => &[],
        }
    }
}

fn add(rows: &mut Vec<Row>, line: &str) -> Result<(), String> {
    if line.starts_with('#') || line.is_empty() {
        return Ok(());
    }
    if let Some((name, _)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        if rows.iter().any(|row| row.name == name) {
            return Err(format!("duplicate row [{name}]"));
        }
        rows.push(Row::new(name));
        return Ok(());
    }
    let row = rows.last_mut().ok_or("a row begins with [its name]")?;
    if let Some(models) = line.strip_prefix("fails: ") {
        row.verdict = Verdict::Fails(models.split_whitespace().map(str::to_owned).collect());
    } else if let Some(why) = line.strip_prefix("stays: ") {
        row.verdict = Verdict::Stays(why.to_owned());
    } else if std::path::Path::new(line).extension().is_some_and(|extension| extension == "rs")
        && !line.starts_with(' ')
    {
        row.hunks.push(Hunk { file: line.to_owned(), ..Hunk::default() });
    } else {
        let hunk = row.hunks.last_mut().ok_or("the name of a file comes before its lines")?;
        let text = line.get(1..).unwrap_or_default().trim().to_owned();
        if !line.starts_with('+') {
            hunk.strong.push(text.clone());
        }
        if !line.starts_with('-') {
            hunk.weak.push(text);
        }
        if !line.starts_with([' ', '+', '-']) {
            return Err(format!("`{line}` is neither a file's name, nor a line that starts with ` `, `-` or `+`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_small_diff() {
        let text = "# a comment\n\n[fence] the sum\nengine/a.rs\n     a();\n-    fence();\n+    x();\nfails: one two\n";
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let hunk = Hunk {
            file: "engine/a.rs".to_owned(),
            strong: lines(&["a();", "fence();"]),
            weak: lines(&["a();", "x();"]),
        };
        let verdict = Verdict::Fails(lines(&["one", "two"]));
        assert_eq!(parse(text), Ok(vec![Row { name: "fence".to_owned(), hunks: vec![hunk], verdict }]));
    }

    #[test]
    fn what_is_no_row_is_named() {
        for (text, fault) in [
            ("a.rs\n", "line 1: a row begins"),
            ("[a]\n x\n", "line 2: the name of a file"),
            ("[a]\na.rs\nx\n", "line 3: `x` is neither"),
            ("[a]\na.rs\n-x\n", "[a] has no lines"),
            ("[a]\na.rs\n x\nfails: m\n", "[a] has no lines"),
            ("[a]\na.rs\n-x\nfails: m\n[a]\n", "line 5: duplicate row [a]"),
        ] {
            let found = parse(text).expect_err(text);
            assert!(found.starts_with(fault), "{found}");
        }
        assert!(parse("[a]\na.rs\n x\nstays: for a reason\n").is_ok());
    }
}
