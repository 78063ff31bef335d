//! Finds a row's lines in a file, and replaces them by the weaker ones.

use super::table::Hunk;

/// Returns the file's text with the hunk applied.
pub(super) fn plant(text: &str, hunk: &Hunk) -> Result<String, String> {
    let at = place(text, hunk)?;
    let lines: Vec<&str> = text.lines().collect();
    let weak = hunk.weak.iter().map(String::as_str);
    let all = lines[..at].iter().copied().chain(weak).chain(lines[at + hunk.strong.len()..].iter().copied());
    Ok(all.flat_map(|line| [line, "\n"]).collect())
}

/// Returns the index of the hunk's first line. The lines must occur exactly once; indentation doesn't matter.
pub(super) fn place(text: &str, hunk: &Hunk) -> Result<usize, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_it = |at: &usize| lines[*at..].starts_with(&hunk.strong.iter().map(String::as_str).collect::<Vec<_>>());
    let found: Vec<usize> = (0..lines.len()).filter(is_it).collect();
    match found[..] {
        [at] => Ok(at),
        [] => Err(format!("{} has no such lines: {:?}", hunk.file, hunk.strong)),
        _ => {
            let numbers: Vec<usize> = found.iter().map(|at| at + 1).collect();
            Err(format!(
                "{} has these lines {} times, from lines {numbers:?} on: add a context line",
                hunk.file,
                numbers.len()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(strong: &[&str], weak: &[&str]) -> Hunk {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Hunk { file: "a.rs".to_owned(), strong: owned(strong), weak: owned(weak) }
    }

    #[test]
    fn lines_are_replaced_where_they_stand_once() {
        let text = "a {\n    fence();\n    b();\n    fence();\n}\n";
        assert_eq!(plant(text, &hunk(&["fence();", "b();"], &["b();"])).as_deref(), Ok("a {\nb();\n    fence();\n}\n"));
        let twice = plant(text, &hunk(&["fence();"], &[])).expect_err("which of the two?");
        assert!(twice.contains("2 times, from lines [2, 4]"), "{twice}");
        assert!(plant(text, &hunk(&["fence(); b();"], &[])).expect_err("none").contains("no such lines"));
    }
}
