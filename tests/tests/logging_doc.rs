//! `docs/logging.md` lists every message in the sources, with its level and its fields, and each is logged where a panic of
//! the subscriber is caught.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A message, its level, and its fields in their order.
type Message = (String, String, Vec<String>);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `log.rs` of each crate that logs, and what is below it.
fn sources() -> Vec<String> {
    let rooms = ["breaker-core/src", "integrations/breaker-config/src"].map(|room| root().join(room));
    let files = rooms.iter().flat_map(|room| {
        let below = fs::read_dir(room.join("log")).into_iter().flatten();
        let below = below.map(|entry| entry.expect("readable").path());
        [room.join("log.rs")].into_iter().chain(below)
    });
    files.map(|file| read(&file)).collect()
}

/// What stands in the parentheses that `text` begins with.
fn in_parentheses(text: &str) -> &str {
    let mut depth = 0;
    let mut quoted = false;
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        match letter {
            '"' if before != '\\' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 1 => return &text[1..place],
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        before = letter;
    }
    panic!("no end: {text}")
}

/// The arguments between commas that are in no parentheses and no text.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start, mut before) = (0, false, 0, ' ');
    let mut all = Vec::new();
    for (place, letter) in text.char_indices() {
        match letter {
            '"' if before != '\\' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                all.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
        before = letter;
    }
    all.push(&text[start..]);
    all.into_iter().map(str::trim).filter(|argument| !argument.is_empty()).collect()
}

/// A text as it is written, on one line.
fn unquoted(literal: &str) -> String {
    let mut parts = literal.trim_matches('"').split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

fn message((level, text): (&str, &str)) -> Message {
    let all = arguments(text);
    let (literal, fields) = all.split_last().expect("a message");
    let name =
        |field: &&str| field.split('=').next().unwrap_or_default().trim().trim_start_matches(['%', '?']).to_owned();
    let fields = fields.iter().filter(|field| !field.starts_with("target:")).map(name).collect();
    assert!(literal.starts_with('"'), "a message comes last: {text}");
    (unquoted(literal), level.to_uppercase(), fields)
}

/// Each use of one of tracing's macros: its level, and what it is given.
fn uses(source: &str) -> impl Iterator<Item = (&str, &str)> {
    source.split("tracing::").skip(1).filter_map(|after| {
        let (level, rest) = after.split_once('!')?;
        ["error", "warn", "info", "debug", "trace"].contains(&level).then(|| (level, in_parentheses(rest)))
    })
}

fn in_sources() -> BTreeSet<Message> {
    sources().iter().flat_map(|source| uses(source).map(message).collect::<Vec<_>>()).collect()
}

fn in_docs() -> BTreeSet<Message> {
    let docs = read(&root().join("docs/logging.md"));
    let (_, table) = docs.split_once("| message | level |").expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, message, level, when, fields, _] = cells.as_slice() else { panic!("not four cells: {line}") };
        assert!(!when.is_empty(), "{line}");
        let fields = fields.split(", ").filter(|field| !field.is_empty()).map(str::to_owned).collect();
        ((*message).to_owned(), (*level).to_owned(), fields)
    };
    rows.map(row).collect()
}

#[test]
fn the_table_of_messages_is_that_of_the_sources() {
    let (sources, docs) = (in_sources(), in_docs());
    assert!(sources.len() >= 20, "{sources:#?}");
    let missing: Vec<_> = sources.difference(&docs).collect();
    let unknown: Vec<_> = docs.difference(&sources).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "only in the sources: {missing:#?}\nonly in docs: {unknown:#?}");
}

/// Durations are numbers with a unit in their key, not what `Debug` writes.
#[test]
fn no_field_is_written_by_debug() {
    for source in sources() {
        for (_, text) in uses(&source) {
            for argument in arguments(text) {
                assert!(!argument.contains('?') && !argument.contains("debug"), "{argument} in {text}");
            }
        }
    }
}

/// A function of the sources that logs does so inside `caught`, or is called there.
#[test]
fn each_message_is_logged_where_panics_are_caught() {
    let mut logging = 0;
    for source in sources() {
        let functions: Vec<&str> = source.split("fn ").skip(1).collect();
        let is_caught = |function: &str| function.contains("caught(|| ");
        let name = |function: &str| function.split(['(', '<']).next().unwrap_or_default().to_owned();
        for function in functions.iter().filter(|function| uses(function).next().is_some()) {
            let call = format!("{}(", name(function));
            let called_caught = functions.iter().any(|caller| is_caught(caller) && caller.contains(&call));
            assert!(is_caught(function) || called_caught, "not caught: {function}");
            logging += 1;
        }
    }
    assert!(logging >= 12, "{logging}");
}

/// Nothing else logs: there, nobody would look.
#[test]
fn only_the_rooms_of_the_log_use_tracing() {
    let mut waiting = ["breaker-core/src", "integrations/breaker-config/src"].map(|room| root().join(room)).to_vec();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()));
        } else if !path.ends_with("log.rs") && path.parent().is_none_or(|room| !room.ends_with("log")) {
            assert!(!read(&path).contains("tracing::"), "{}", path.display());
        }
    }
}
