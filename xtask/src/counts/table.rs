//! Reads and writes `benches/counts.txt`, and compares counts with it.

use std::fmt::Write as _;

/// A path may differ by this share ...
const SHARE: f64 = 0.03;
/// ... or by this number of instructions, whichever is more.
const FEW: f64 = 1.0;

const HEAD: &str = "\
# Instructions per call, as callgrind counts them, loop and work included (`bare` is those alone). Written by
# `cargo xtask counts --bless`, compared by `cargo xtask counts`: 3 % or 1 instruction more or less is a failure.
#
# Two machines of one architecture give the same counts: valgrind counts what the program executes, the sources and the
# compiler decide what that is, the program turns the clock, and xtask has glibc take its plain memcpy, whatever the
# processor offers. `probe-cycle` and `metrics` call the C library: another release of it may move them.
#
";

/// One path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) instructions: f64,
}

#[derive(Debug, PartialEq)]
pub(super) struct Table {
    /// What the counts depend on: key and value.
    pub(super) made_with: Vec<(String, String)>,
    pub(super) rows: Vec<Row>,
}

impl Table {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut table = Self { made_with: Vec::new(), rows: Vec::new() };
        for (line, number) in text.lines().zip(1..) {
            if let Some(comment) = line.strip_prefix("# made with ") {
                let (key, value) = comment.split_once(": ").ok_or(format!("line {number}: `made with key: value`"))?;
                table.made_with.push((key.to_owned(), value.to_owned()));
            } else if !line.starts_with('#') && !line.trim().is_empty() {
                let row = line.rsplit_once(' ').and_then(|(name, figure)| {
                    Some(Row { name: name.trim().to_owned(), instructions: figure.parse().ok()? })
                });
                table.rows.push(row.ok_or(format!("line {number}: `{line}` is not a name and a number"))?);
            }
        }
        Ok(table)
    }

    pub(super) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        // Writing to a String can't fail.
        for (key, value) in &self.made_with {
            let _ = writeln!(text, "# made with {key}: {value}");
        }
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        text.push('\n');
        for Row { name, instructions } in &self.rows {
            let _ = writeln!(text, "{name:<width$} {instructions:>9.1}");
        }
        text
    }

    fn of(&self, name: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.name == name).map(|row| row.instructions)
    }

    /// Returns both counts of each path, for the terminal.
    pub(super) fn beside(&self, measured: &[(&str, f64)]) -> String {
        let width = measured.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let line = |&(name, now): &(&str, f64)| match self.of(name) {
            Some(then) => format!("    {name:<width$} {now:>9.1}  (file {then:.1}, {:+.1} %)", change(then, now)),
            None => format!("    {name:<width$} {now:>9.1}  (not in the file)"),
        };
        measured.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Returns a message for each fault.
    pub(super) fn faults(&self, measured: &[(&str, f64)]) -> Vec<String> {
        let mut faults: Vec<String> = measured.iter().filter_map(|&(name, now)| self.fault(name, now)).collect();
        let gone = self.rows.iter().map(|row| row.name.as_str());
        let gone = gone.filter(|name| measured.iter().all(|(other, _)| other != name));
        faults.extend(
            gone.map(|name| format!("{name}: in the file, but no such path exists: `cargo xtask counts --bless`")),
        );
        faults
    }

    fn fault(&self, name: &str, now: f64) -> Option<String> {
        let Some(then) = self.of(name) else {
            return Some(format!("{name}: {now:.1} instructions, not in the file: `cargo xtask counts --bless`"));
        };
        let allowed = (then * SHARE).max(FEW);
        // The counts in the file are rounded to a tenth.
        if (now - then).abs() <= allowed + 0.05 {
            return None;
        }
        let both = format!("{name}: {now:.1} instructions, {then:.1} in the file ({:+.1} %)", change(then, now));
        Some(if now > then {
            format!(
                "{both}: too many; if they are justified, run `cargo xtask counts --bless` and give the reason in the commit"
            )
        } else {
            format!("{both}: better: keep it with `cargo xtask counts --bless`")
        })
    }
}

fn change(then: f64, now: f64) -> f64 {
    (now / then - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |name: &str, instructions| Row { name: name.to_owned(), instructions };
        Table {
            made_with: vec![("compiler".to_owned(), "rustc 1: a".to_owned())],
            rows: vec![row("bare", 16.0), row("tenth-fails", 200.0)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Table::parse(&table().text()), Ok(table()));
    }

    #[test]
    fn a_line_that_is_no_row_is_named() {
        let error = Table::parse("# a comment\n\nbare 16.0\nclosed many\n").expect_err("many is not a number");
        assert_eq!(error, "line 4: `closed many` is not a name and a number");
    }

    #[test]
    fn three_percent_or_one_instruction_may_differ() {
        assert!(table().faults(&[("bare", 17.0), ("tenth-fails", 206.0)]).is_empty());
        assert!(table().faults(&[("bare", 15.0), ("tenth-fails", 194.0)]).is_empty());
    }

    #[test]
    fn more_and_less_are_both_faults_that_say_what_to_do() {
        let faults = table().faults(&[("bare", 14.5), ("tenth-fails", 207.0)]);
        assert!(faults[0].starts_with("bare: 14.5 instructions, 16.0 in the file (-9.4 %): better: keep it"));
        assert!(faults[1].starts_with("tenth-fails: 207.0 instructions, 200.0 in the file (+3.5 %): too many"));
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn new_and_vanished_paths_are_faults() {
        let faults = table().faults(&[("bare", 16.0), ("async", 9.0)]);
        assert!(faults[0].contains("async: 9.0 instructions, not in the file"), "{faults:?}");
        assert!(faults[1].contains("tenth-fails: in the file, but no such path"), "{faults:?}");
    }
}
