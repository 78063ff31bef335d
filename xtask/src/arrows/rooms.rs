//! Checks the rooms inside breaker-core: each may import from its own floor and from those below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::imports::{Import, Imports};
use super::modules::File;
use super::scopes::Target;
use crate::sources;

/// The allowed imports inside a crate. A room is a module of the crate's root with its submodules; the root is `lib`.
pub(super) struct Map {
    /// From the lowest up.
    floors: &'static [&'static [&'static str]],
    /// Crates that only these rooms may use. The hot room and those below may use no other crate.
    owners: &'static [(&'static str, &'static [&'static str])],
    /// The room with the hot path.
    hot: &'static str,
    /// Paths of std that the hot room must not use: their first segments, and what to use instead.
    seams: &'static [(&'static [&'static str], &'static str)],
}

const PLACE: &str = "xtask/src/arrows/rooms.rs";

pub(super) const BREAKER_CORE: Map = Map {
    floors: &[
        &["by_name", "unwind"],
        &["clock", "sync"],
        &["engine"],
        &["event", "settings", "config", "outcome", "error", "metrics", "log", "hub", "seconds"],
        &["breaker", "permit", "timer"],
        &["site", "registry", "health", "call", "bypass", "fallback", "dispatch", "deprecated"],
        &["__private", "lib"],
    ],
    owners: &[
        ("quanta", &["clock"]),
        // At or below the engine only the clock, to ask whether a test has paused tokio's time.
        ("tokio", &["clock", "timer", "registry", "health"]),
        ("loom", &["sync"]),
        ("once_cell", &["sync"]),
        ("inventory", &["site", "registry", "__private"]),
    ],
    hot: "engine",
    seams: &[
        (&["std", "sync"], "through `crate::sync`, or loom can't see it"),
        (&["core", "sync"], "through `crate::sync`, or loom can't see it"),
        (&["std", "time", "Instant"], "`now` is an argument here"),
        (&["std", "time", "SystemTime"], "`now` is an argument here"),
    ],
};

impl Map {
    /// `outside` are the dependencies of this crate, by their names in paths.
    pub(super) fn check(&self, imports: &Imports, outside: &[String], workspace: &Path) -> Vec<String> {
        let wrong = imports.found.iter().filter_map(|import| {
            let (path, why) = self.wrong(import, &imports.files, outside)?;
            let place = sources::name(&imports.files[import.from].path, workspace);
            Some(format!("{place}:{}: `{}`: {why}", import.named.written.line, path.join("::")))
        });
        self.unmapped(&imports.files, workspace).into_iter().chain(wrong).collect()
    }

    /// Reports rooms without a floor, and entries of the map without a room.
    fn unmapped(&self, files: &[File], workspace: &Path) -> Vec<String> {
        let rooms: BTreeMap<&str, &File> = files.iter().rev().map(|file| (room(file), file)).collect();
        let unknown = rooms.iter().filter(|(room, _)| self.floor(room).is_none()).map(|(room, file)| {
            let place = sources::name(&file.path, workspace);
            format!("{place}: the room `{room}` has no floor: give it one in {PLACE}")
        });
        let mapped = self.floors.iter().chain(self.owners.iter().map(|(_, rooms)| rooms)).copied().flatten();
        let gone: BTreeSet<&str> = mapped.copied().filter(|room| !rooms.contains_key(room)).collect();
        unknown.chain(gone.iter().map(|room| format!("{PLACE}: there is no room `{room}`"))).collect()
    }

    /// Returns the whole path and the fault, if the import is wrong.
    fn wrong(&self, import: &Import, files: &[File], outside: &[String]) -> Option<(Vec<String>, String)> {
        let own = room(&files[import.from]);
        match (&import.rooted, &import.target) {
            (Some(path), Target::Here { file, .. }) => {
                let why = self.upward(own, path, room(&files[*file]))?;
                Some(([&["crate".to_owned()], &path[..]].concat(), why))
            }
            (None, Target::Outside(path)) => {
                let is_seamed = own == self.hot && !import.named.in_tests;
                let way_round = is_seamed.then(|| self.seam(path)).flatten();
                Some((path.clone(), way_round.or_else(|| self.owner(own, &path[0], outside))?))
            }
            _ => None,
        }
    }

    /// Checks both the room that the path names and the room that defines the item, so that a re-export hides no arrow.
    fn upward(&self, room: &str, path: &[String], defining: &str) -> Option<String> {
        let named = path.first().map(String::as_str).filter(|first| self.floor(first).is_some()).unwrap_or("lib");
        let own = self.floor(room)?;
        let is_higher = |other: &&str| self.floor(other).is_some_and(|floor| floor > own);
        Some(match [named, defining].into_iter().find(is_higher)? {
            "lib" => format!("`{room}` must not import from the root of the crate: use the path of the defining room"),
            other => format!("`{room}` is below `{other}` and must not import from it"),
        })
    }

    fn owner(&self, room: &str, krate: &str, outside: &[String]) -> Option<String> {
        if let Some((_, rooms)) = self.owners.iter().find(|(owned, _)| *owned == krate) {
            return (!rooms.contains(&room)).then(|| format!("only {} may use `{krate}`", rooms.join(", ")));
        }
        let is_low = self.floor(room)? <= self.floor(self.hot)?;
        (is_low && outside.iter().any(|known| known == krate)).then(|| format!("`{room}` must not use `{krate}`"))
    }

    fn seam(&self, path: &[String]) -> Option<String> {
        let is_glob = path.last().is_some_and(|last| last == "*");
        let starts = |start: &[&str]| {
            // `use std::time::*` imports the item, too.
            let is_same = |(want, have): (&&str, &String)| want == have || have == "*";
            (start.len() <= path.len() || is_glob) && start.iter().zip(path).all(is_same)
        };
        let (_, instead) = self.seams.iter().find(|(start, _)| starts(start))?;
        Some((*instead).to_owned())
    }

    fn floor(&self, room: &str) -> Option<usize> {
        self.floors.iter().position(|rooms| rooms.contains(&room))
    }
}

fn room(file: &File) -> &str {
    file.module.first().map_or("lib", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::modules::planted;
    use super::*;

    /// Not the map of breaker-core, whose rooms change.
    const MAP: Map = Map {
        floors: &[&["clock", "sync"], &["engine"], &["event"], &["breaker", "permit"], &["call", "site"], &["lib"]],
        owners: &[("quanta", &["clock"]), ("loom", &["sync"]), ("inventory", &["site"])],
        ..BREAKER_CORE
    };

    const HOUSE: &[(&str, &str)] = &[
        (
            "lib.rs",
            "mod breaker; mod call; mod clock; mod engine; mod event; mod permit; mod site; mod sync;
             pub use crate::engine::State; pub use breaker::CircuitBreaker as Breaker;",
        ),
        ("breaker.rs", "pub struct CircuitBreaker; pub use crate::engine::State;"),
        ("call.rs", ""),
        ("clock.rs", "use quanta::Clock;"),
        ("engine/mod.rs", "mod cell; mod word; #[cfg(all(test, loom))] mod loom_tests; pub enum State {}"),
        ("engine/cell.rs", ""),
        ("engine/loom_tests.rs", ""),
        ("engine/word.rs", ""),
        ("event.rs", ""),
        ("permit.rs", ""),
        ("site.rs", ""),
        ("sync.rs", "pub use std::sync::Mutex;"),
    ];

    fn check(map: &Map, house: &[(&str, &str)]) -> Vec<String> {
        let outside = ["tokio", "tracing", "quanta", "inventory"].map(str::to_owned);
        map.check(&Imports::of("house", planted::files(house)), &outside, Path::new(""))
    }

    /// Returns the faults when a file has this text.
    fn faults(file: &str, text: &str) -> Vec<String> {
        let mut house = HOUSE.to_vec();
        house.iter_mut().find(|(name, _)| *name == file).expect("a file of the house").1 = text;
        check(&MAP, &house)
    }

    #[test]
    fn downward_and_level_arrows_pass() {
        for (file, text) in [
            ("breaker.rs", "use crate::{engine::cell::Cell, clock::Clock, permit::Permit};"),
            ("engine/cell.rs", "use super::word::Word; use crate::sync::{AtomicU64, Mutex};"),
            ("call.rs", "use tokio::time::Sleep; use crate::breaker::State;"),
            ("permit.rs", "fn f() { Self::g(super::breaker::h()) }"),
        ] {
            assert_eq!(faults(file, text), [""; 0], "{file}");
        }
    }

    #[test]
    fn a_planted_upward_arrow_fails_with_its_place() {
        let found = faults("engine/word.rs", "\nuse crate::event::Event;");
        let expected = "engine/word.rs:2: `crate::event::Event`: `engine` is below `event` and must not import from it";
        assert_eq!(found, [expected]);
        assert_eq!(faults("permit.rs", "fn f() { super::site::global() }").len(), 1);
        assert_eq!(faults("permit.rs", "fn f() { assert!(x == crate::site::global()) }").len(), 1);
        assert_eq!(faults("clock.rs", "use crate::engine::Word;").len(), 1);
        assert_eq!(faults("engine/cell.rs", "#[cfg(test)] mod tests { use crate::breaker::X; }").len(), 1);
    }

    #[test]
    fn a_re_export_hides_no_arrow() {
        // Through the root, up or down.
        let found = faults("event.rs", "use crate::State;");
        let expected = "event.rs:1: `crate::State`: `event` must not import from the root of the crate: use the path of the defining room";
        assert_eq!(found, [expected]);
        assert_eq!(faults("engine/cell.rs", "use crate::Breaker;").len(), 1);
        assert_eq!(faults("event.rs", "use crate::*;").len(), 1);
        // The path names a room above, the item is below.
        assert_eq!(faults("event.rs", "use crate::breaker::State;").len(), 1);
        // The item is above, the path names the same floor: both the re-export and its user are wrong.
        let mut house = HOUSE.to_vec();
        house[8] = ("event.rs", "pub use crate::breaker::CircuitBreaker;");
        house[5] = ("engine/cell.rs", "use crate::event::CircuitBreaker;");
        house[3] = ("clock.rs", "use crate::sync::Mutex; pub use crate::site::Site;");
        house[11] = ("sync.rs", "use crate::clock::Site;");
        let found = check(&MAP, &house);
        let places: Vec<_> = found.iter().filter_map(|fault| fault.split(':').next()).collect();
        assert_eq!(places, ["clock.rs", "engine/cell.rs", "event.rs", "sync.rs"], "{found:?}");
    }

    #[test]
    fn the_engine_uses_no_other_crate_and_no_way_around_the_seams() {
        for (file, text) in [
            ("engine/cell.rs", "fn f() { ::tokio::spawn(g()) }"),
            ("engine/cell.rs", "fn f() { g!(tokio::spawn(h())) }"),
            ("engine/word.rs", "use tracing::debug;"),
            ("engine/word.rs", "use quanta::Clock;"),
            ("engine/word.rs", "use std::sync::atomic::AtomicU64;"),
            ("engine/word.rs", "use std::time::{Duration, Instant};"),
            ("engine/word.rs", "use std::time::*;"),
            ("engine/word.rs", "use std::time; fn f() { time::Instant::now() }"),
            ("engine/loom_tests.rs", "use loom::thread;"),
            ("breaker.rs", "use inventory::iter;"),
        ] {
            assert_eq!(faults(file, text).len(), 1, "{file}: {text}");
        }
        for (file, text) in [
            ("engine/word.rs", "use std::time::Duration; #[cfg(test)] mod tests { use std::sync::Barrier; }"),
            ("engine/loom_tests.rs", "use std::sync::Arc; use super::cell::Cell;"),
            ("site.rs", "use inventory::iter; use std::sync::Arc;"),
        ] {
            assert_eq!(faults(file, text), [""; 0], "{file}: {text}");
        }
    }

    #[test]
    fn an_unknown_room_is_reported_once() {
        let mut house = HOUSE.to_vec();
        house[0] = (
            "lib.rs",
            "mod attic; mod breaker; mod call; mod clock; mod engine; mod event; mod permit; mod site; mod sync;",
        );
        house.extend([("attic/mod.rs", "mod box_;"), ("attic/box_.rs", "use super::super::breaker::X;")]);
        let expected = "attic/mod.rs: the room `attic` has no floor: give it one in xtask/src/arrows/rooms.rs";
        assert_eq!(check(&MAP, &house), [expected]);
    }

    #[test]
    fn a_room_that_is_gone_is_reported() {
        let map = Map {
            floors: &[
                &["clock", "sync"],
                &["engine"],
                &["event", "cellar"],
                &["breaker", "permit"],
                &["call", "site"],
                &["lib"],
            ],
            ..MAP
        };
        assert_eq!(check(&map, HOUSE), ["xtask/src/arrows/rooms.rs: there is no room `cellar`"]);
    }
}
