//! The rooms inside breaker-core: each may import from its own floor and from those below.

use std::collections::BTreeMap;

use super::paths::{Named, named};
use super::{Fault, Source};

/// From the ground up. The root of the crate is `lib`.
const FLOORS: &[&[&str]] = &[
    &["clock", "sync"],
    &["engine"],
    &["event", "settings", "config", "outcome", "error", "metrics", "log", "hub"],
    &["breaker", "permit", "timer"],
    &["site", "registry", "health", "call", "fallback", "dispatch", "deprecated"],
    &["__private", "lib"],
];

/// Crates that only some rooms may name. The engine and what is under it may name none that is not listed here.
const OWNERS: &[(&str, &[&str])] = &[
    ("quanta", &["clock"]),
    ("loom", &["sync"]),
    ("once_cell", &["sync"]),
    ("inventory", &["site", "registry", "__private"]),
];

/// Paths of std that would go around a seam of ours: what they start with, and what to use instead.
const SEAMS: &[(&[&str], &str)] = &[
    (&["std", "sync"], "through `crate::sync`, or loom can't see it"),
    (&["core", "sync"], "through `crate::sync`, or loom can't see it"),
    (&["std", "time", "Instant"], "`now` is an argument here"),
    (&["std", "time", "SystemTime"], "`now` is an argument here"),
];

pub(super) fn check(files: &[Source], outside: &[String]) -> Vec<Fault> {
    let exports = re_exports(files);
    let mut faults = Vec::new();
    for file in files {
        let room = room_of(&file.module);
        if floor(room).is_none() {
            faults.push(format!(
                "{}: the room `{room}` is on no floor: give it one in xtask's arrows/rooms.rs",
                file.name
            ));
            continue;
        }
        for named in named(file) {
            if let Some(why) = wrong(file, &named, &exports, outside) {
                faults.push(format!("{}:{}: `{}`: {why}", file.name, named.line, named.segments.join("::")));
            }
        }
    }
    faults
}

fn wrong(file: &Source, named: &Named, exports: &BTreeMap<String, String>, outside: &[String]) -> Option<Fault> {
    let room = room_of(&file.module);
    let first = named.segments[0].as_str();
    if first != "crate" {
        return seam(file, named).or_else(|| owner(room, first, outside));
    }
    let target = named.segments.get(1).map_or("lib", String::as_str);
    let target = match floor(target) {
        Some(_) => target,
        None => exports.get(target).map_or("lib", String::as_str),
    };
    let (own, other) = (floor(room)?, floor(target)?);
    if own >= other {
        return None;
    }
    Some(match target {
        "lib" => {
            format!("`{room}` can't import from the root of the crate: name the room it comes from")
        }
        _ => format!("`{room}` is below `{target}` and must not know it"),
    })
}

fn owner(room: &str, krate: &str, outside: &[String]) -> Option<Fault> {
    if let Some((_, rooms)) = OWNERS.iter().find(|(owned, _)| *owned == krate) {
        return (!rooms.contains(&room)).then(|| format!("only {} may know `{krate}`", rooms.join(", ")));
    }
    let low = floor(room)? <= floor("engine")?;
    (low && outside.iter().any(|known| known == krate)).then(|| format!("`{room}` never knows `{krate}`"))
}

fn seam(file: &Source, named: &Named) -> Option<Fault> {
    if room_of(&file.module) != "engine" || named.in_tests {
        return None;
    }
    let (_, instead) = SEAMS.iter().find(|(start, _)| {
        start.len() <= named.segments.len() && start.iter().zip(&named.segments).all(|(want, have)| want == have)
    })?;
    Some((*instead).to_owned())
}

/// What `lib.rs` passes on: name -> the room that it comes from.
fn re_exports(files: &[Source]) -> BTreeMap<String, String> {
    let root = files.iter().filter(|file| file.module.is_empty());
    let paths = root.flat_map(named).map(|mut named| {
        // `pub use engine::State` and `pub use crate::engine::State` are the same there.
        named.segments.retain(|segment| segment != "crate");
        named
    });
    paths
        .filter(|named| named.segments.len() > 1)
        .map(|mut named| (named.alias, named.segments.swap_remove(0)))
        .collect()
}

fn room_of(module: &[String]) -> &str {
    module.first().map_or("lib", String::as_str)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Checks one file beside a `lib.rs` that passes on a few names.
    fn faults(file: &str, text: &str) -> Vec<Fault> {
        let lib = "mod engine; pub use crate::engine::State; pub use breaker::CircuitBreaker as Breaker;";
        let files =
            [("lib.rs", lib), (file, text)].map(|(name, text)| Source::new(name, Path::new(name), text.to_owned()));
        let outside = ["tokio", "tracing", "quanta", "inventory"].map(str::to_owned);
        check(&files, &outside)
    }

    #[test]
    fn downward_and_level_arrows_pass() {
        assert!(faults("breaker.rs", "use crate::{engine::cell::Cell, clock::Clock, permit::Permit};").is_empty());
        assert!(faults("engine/cell.rs", "use super::word::Word; use crate::sync::AtomicU64;").is_empty());
        assert!(faults("event.rs", "use crate::State;").is_empty());
        assert!(faults("call.rs", "use tokio::time::Sleep;").is_empty());
    }

    #[test]
    fn a_planted_upward_arrow_fails_with_its_place() {
        let found = faults("engine/word.rs", "\nuse crate::event::Event;");
        assert_eq!(found, ["engine/word.rs:2: `crate::event::Event`: `engine` is below `event` and must not know it"]);
        assert_eq!(faults("permit.rs", "fn f() { super::registry::global() }").len(), 1);
        assert_eq!(faults("clock.rs", "use crate::engine::Word;").len(), 1);
        assert_eq!(faults("engine/mod.rs", "#[cfg(test)] mod tests { use crate::breaker::X; }").len(), 1);
    }

    #[test]
    fn the_root_hides_no_arrow() {
        assert_eq!(faults("engine/cell.rs", "use crate::Breaker;").len(), 1);
        assert_eq!(faults("event.rs", "use crate::Breaker;").len(), 1);
        let found = faults("event.rs", "use crate::*;");
        assert!(found[0].contains("name the room it comes from"), "{found:?}");
    }

    #[test]
    fn the_engine_knows_no_foreign_crate_and_no_way_around_the_seams() {
        assert_eq!(faults("engine/cell.rs", "fn f() { ::tokio::spawn(g()) }").len(), 1);
        assert_eq!(faults("engine/window.rs", "use tracing::debug;").len(), 1);
        assert_eq!(faults("engine/window.rs", "use quanta::Clock;").len(), 1);
        assert_eq!(faults("engine/window.rs", "use std::sync::atomic::AtomicU64;").len(), 1);
        assert_eq!(faults("engine/window.rs", "use std::time::{Duration, Instant};").len(), 1);
        assert!(faults("engine/window.rs", "mod tests { use std::sync::Barrier; }").is_empty());
        assert!(faults("engine/loom_tests/slots.rs", "use std::sync::Arc; use super::super::cell::Engine;").is_empty());
        assert_eq!(faults("engine/loom_tests/slots.rs", "use loom::thread;").len(), 1);
        assert_eq!(faults("breaker.rs", "use inventory::iter;").len(), 1);
    }

    #[test]
    fn an_unmapped_room_is_reported() {
        let found = faults("attic/box.rs", "");
        assert!(found[0].contains("the room `attic` is on no floor"), "{found:?}");
    }
}
