//! From the tree of a file to what it says, key by key, and to everything that is wrong with it.

use std::collections::BTreeMap;

use breaker_core::Settings;

use crate::fault::{Fault, Place, shown};
use crate::report::nearest;
use crate::value::{self, Wrong};
use crate::yaml::{self, At, Node, Value};

/// The key under which everything stands.
pub(crate) const TOP: &str = "circuit_breaker";
/// The entry that holds for all services.
pub(crate) const DEFAULTS: &str = "defaults";

/// One key with its value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// The service, or [`DEFAULTS`].
    pub(crate) service: String,
    pub(crate) key: &'static str,
    /// The value, as settings that hold nothing else.
    pub(crate) settings: Settings,
    pub(crate) place: Place,
}

/// What one file says.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) said: Vec<Said>,
    /// Every service that has an entry, with its first place.
    pub(crate) services: BTreeMap<String, Place>,
    pub(crate) faults: Vec<Fault>,
}

pub(crate) fn read(name: &str, text: &str) -> Contents {
    let mut reader = Reader { name, contents: Contents::default() };
    match yaml::parse(text) {
        Ok(Some(document)) => reader.top(document),
        // A disk that is full and a copy that is cut off leave such a file: it is not taken for a wish.
        Ok(None) => {
            let place = Place::File { name: name.to_owned(), at: None };
            let fix = format!("write `{TOP}: {{}}` if nothing is to be configured");
            reader.fault(Fault::new(place, "is empty, but for space and comments", fix));
        }
        Err(broken) => {
            let place = reader.place(broken.at);
            reader.fault(Fault::new(place, broken.problem, broken.fix));
        }
    }
    reader.contents
}

struct Reader<'a> {
    name: &'a str,
    contents: Contents,
}

impl Reader<'_> {
    fn top(&mut self, document: Node) {
        let Some(entries) = self.map(document, &|fault| fault, &format!("write `{TOP}:` with services below it"))
        else {
            return;
        };
        for (at, key, value) in self.unique(entries, None) {
            if key == TOP {
                self.services(value);
                continue;
            }
            let near = nearest(&key, [TOP].into_iter());
            let fix = near.map_or_else(|| format!("leave it out, or write {TOP}"), |near| format!("write {near}"));
            self.fault(Fault::new(self.place(at), "is no top-level key", fix).key(&key).nearest(near));
        }
    }

    fn services(&mut self, node: Node) {
        let Some(entries) =
            self.map(node, &|fault| fault.key(TOP), "write services with their keys below it, or leave it out")
        else {
            return;
        };
        for (at, service, keys) in self.unique(entries, None) {
            if service.is_empty() {
                let place = self.place(at);
                self.fault(Fault::new(place, "a service must have a name", "write one, such as s3"));
                continue;
            }
            if service != DEFAULTS {
                self.contents.services.insert(service.clone(), self.place(at));
            }
            let Some(entries) =
                self.map(keys, &|fault| fault.service(&service), "write its keys below it, or leave it out")
            else {
                continue;
            };
            for (at, key, value) in self.unique(entries, Some(&service)) {
                self.key(&service, at, &key, value);
            }
        }
    }

    fn key(&mut self, service: &str, at: At, key: &str, node: Node) {
        let Some(known) = Settings::KEYS.iter().copied().find(|known| *known == key) else {
            let fault = unknown_key(self.place(at), service, key, str::to_owned).value(&written(&node));
            return self.fault(fault);
        };
        let place = self.place(node.at);
        let text = written(&node);
        let result = match node.value {
            _ if node.tagged => Err(Wrong { allowed: "has a tag".into(), fix: "leave the tag out".into() }),
            Value::Plain(text) => value::plain(known, &text),
            Value::Quoted(text) => value::quoted(known, &text),
            Value::Nothing => Err(value::nothing(known)),
            Value::Map(_) | Value::List => Err(value::no_value(known)),
        };
        match result {
            Ok(settings) => {
                self.contents.said.push(Said { service: service.to_owned(), key: known, settings, place });
            }
            Err(Wrong { allowed, fix }) => {
                self.fault(Fault::new(place, allowed, fix).about(service, known).value(&text));
            }
        }
    }

    /// The entries of a map; if it is none, a fault about whatever `about` says.
    fn map(&mut self, node: Node, about: &dyn Fn(Fault) -> Fault, fix: &str) -> Option<Vec<(Node, Node)>> {
        let text = written(&node);
        match node.value {
            Value::Map(entries) if !node.tagged => return Some(entries),
            _ => {}
        }
        let tag = if node.tagged { " with a tag" } else { "" };
        self.fault(about(Fault::new(self.place(node.at), format!("must be a map, not {text}{tag}"), fix)));
        None
    }

    /// Entries whose key is text, each key once: faults for the others.
    fn unique(&mut self, entries: Vec<(Node, Node)>, service: Option<&str>) -> Vec<(At, String, Node)> {
        let mut first: BTreeMap<String, At> = BTreeMap::new();
        let mut unique = Vec::new();
        for (key, value) in entries {
            let at = key.at;
            let (Value::Plain(text) | Value::Quoted(text)) = &key.value else {
                let fault =
                    Fault::new(self.place(at), format!("a key must be text, not {}", written(&key)), "write a name");
                self.fault(service.into_iter().fold(fault, Fault::service));
                continue;
            };
            if let Some(before) = first.get(text) {
                let allowed = format!("is there twice, first in line {}", before.line);
                let fault = Fault::new(self.place(at), allowed, "leave one of them out").key(text);
                self.fault(service.into_iter().fold(fault, Fault::service));
                continue;
            }
            first.insert(text.clone(), at);
            unique.push((at, text.clone(), value));
        }
        unique
    }

    fn place(&self, at: At) -> Place {
        Place::File { name: self.name.to_owned(), at: Some((at.line, at.column)) }
    }

    fn fault(&mut self, fault: Fault) {
        self.contents.faults.push(fault);
    }
}

/// `as_written` gives what to write for the key that is nearest.
pub(crate) fn unknown_key(place: Place, service: &str, key: &str, as_written: impl FnOnce(&str) -> String) -> Fault {
    // Comparing takes as long as the key is, and one that is far longer than all others is near to none.
    let nearest = Some(key).filter(|key| key.len() < 64).and_then(Settings::nearest_key);
    let (allowed, fix) = match nearest {
        Some(nearest) => ("is no key", format!("write {}", as_written(nearest))),
        None if key == "<<" => {
            ("is no key, for YAML 1.2 merges nothing", format!("write common keys into `{DEFAULTS}:`"))
        }
        None => ("is no key", format!("write one of {}", Settings::KEYS.join(", "))),
    };
    Fault::new(place, allowed, fix).about(service, key).nearest(nearest)
}

fn written(node: &Node) -> String {
    match &node.value {
        Value::Plain(text) => shown(text),
        Value::Quoted(text) => format!("\"{}\"", shown(text)),
        Value::Nothing => "nothing".to_owned(),
        Value::Map(_) => "a map".to_owned(),
        Value::List => "a list".to_owned(),
    }
}
