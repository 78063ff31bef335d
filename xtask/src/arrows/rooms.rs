//! The rooms inside breaker-core: each may import from its own floor and from those below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::imports::{Import, Imports};
use super::modules::File;
use super::scopes::Target;
use super::sources;

/// What is allowed inside a crate. A room is a module of the crate's root, with all that is below it; the root is `lib`.
pub(super) struct Map {
    /// From the ground up.
    floors: &'static [&'static [&'static str]],
    /// Crates that only some rooms may name. The hot room and what is under it may name none that is not listed here.
    owners: &'static [(&'static str, &'static [&'static str])],
    /// The room that has the hot path.
    hot: &'static str,
    /// Paths of std that would go around a seam of the hot room: what they start with, and what to use instead.
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
        // Below the engine, the clock alone: whether a test has paused its time.
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
    /// `outside` are the crates that this one depends on, as paths start with them.
    pub(super) fn check(&self, imports: &Imports, outside: &[String], workspace: &Path) -> Vec<String> {
        let wrong = imports.found.iter().filter_map(|import| {
            let (path, why) = self.wrong(import, &imports.files, outside)?;
            let place = sources::name(&imports.files[import.from].path, workspace);
            Some(format!("{place}:{}: `{}`: {why}", import.named.written.line, path.join("::")))
        });
        self.unmapped(&imports.files, workspace).into_iter().chain(wrong).collect()
    }

    /// Rooms without a floor, and names without a room: the map must not fall behind.
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

    /// The whole path, and what is wrong with it.
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

    /// Both count: the room that the path names, and the one that defines the thing. So a re-export hides no arrow.
    fn upward(&self, room: &str, path: &[String], defining: &str) -> Option<String> {
        let named = path.first().map(String::as_str).filter(|first| self.floor(first).is_some()).unwrap_or("lib");
        let own = self.floor(room)?;
        let is_higher = |other: &&str| self.floor(other).is_some_and(|floor| floor > own);
        Some(match [named, defining].into_iter().find(is_higher)? {
            "lib" => format!("`{room}` must not import from the root of the crate: name the room it comes from"),
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
            // `use std::time::*` brings what is looked for.
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

    /// Not that of breaker-core: rooms come and go there.
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

    /// What is wrong once a file has this text.
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
        let expected = "event.rs:1: `crate::State`: `event` must not import from the root of the crate: name the room it comes from";
        assert_eq!(found, [expected]);
        assert_eq!(faults("engine/cell.rs", "use crate::Breaker;").len(), 1);
        assert_eq!(faults("event.rs", "use crate::*;").len(), 1);
        // The name is above, the thing is below.
        assert_eq!(faults("event.rs", "use crate::breaker::State;").len(), 1);
        // The thing is above, the name is level: the re-export, and who uses it.
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
