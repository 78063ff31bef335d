//! Reads a configuration file: converts its YAML tree to assignments and faults.

use std::collections::BTreeMap;

use breaker_keys::nearest;

use crate::assignment::{Assignment, DEFAULTS};
use crate::fault::Fault;
use crate::key;
use crate::place::Place;
use crate::text::excerpt;
use crate::value::{self, InvalidValue};
use crate::yaml::{self, Content, Node, Position};

/// The only top-level key.
pub(crate) const TOP: &str = "circuit_breaker";

/// The contents of one file.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) assignments: Vec<Assignment>,
    /// Every service with an entry, and the place of its first one.
    pub(crate) services: BTreeMap<String, Place>,
    pub(crate) faults: Vec<Fault>,
}

pub(crate) fn read(name: &str, text: &str) -> Contents {
    let mut reader = Reader { name, contents: Contents::default() };
    match yaml::parse(text) {
        Ok(Some(document)) => reader.top(document),
        // A full disk or an interrupted copy leaves an empty file, so it is not accepted as an empty configuration.
        Ok(None) => {
            let place = Place::whole_file(name);
            let fix = format!("write `{TOP}: {{}}` if nothing is to be configured");
            reader.fault(Fault::new(place, "contains only whitespace and comments", fix));
        }
        Err(error) => {
            let place = reader.place(error.at);
            reader.fault(Fault::new(place, error.problem, error.fix));
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
            let near = nearest(&key, [TOP]);
            let fix = near.map_or_else(|| format!("the only one is `{TOP}`"), |near| format!("did you mean `{near}`?"));
            let what = format!("unknown top-level key `{}`", excerpt(&key));
            self.fault(Fault::new(self.place(at), what, fix).key(&key).nearest(near).standalone());
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

    fn key(&mut self, service: &str, at: Position, key: &str, node: Node) {
        let known = match breaker_keys::setting(key) {
            Ok(known) => known,
            Err(unknown) => {
                let fault = key::unknown(&unknown, self.place(at), service, key, str::to_owned);
                return self.fault(fault.value(&written(&node)));
            }
        };
        let place = self.place(node.at);
        let text = written(&node);
        let result = match node.content {
            _ if node.tagged => {
                Err(InvalidValue { allowed: "must not have a YAML tag".into(), fix: "remove the tag".into() })
            }
            Content::Plain(text) => value::plain(known, &text),
            Content::Quoted(text) => value::quoted(known, &text),
            Content::Null => Err(value::null(known)),
            Content::Map(_) | Content::List => Err(value::not_scalar(known)),
        };
        match result {
            Ok(settings) => {
                let service = service.to_owned();
                self.contents.assignments.push(Assignment { service, key: known.name, settings, place });
            }
            Err(InvalidValue { allowed, fix }) => {
                self.fault(Fault::new(place, allowed, fix).about(service, known.name).value(&text));
            }
        }
    }

    /// Returns the entries of a map. If the node is not a map, reports a fault, which `about` completes.
    fn map(&mut self, node: Node, about: &dyn Fn(Fault) -> Fault, fix: &str) -> Option<Vec<(Node, Node)>> {
        let text = written(&node);
        match node.content {
            Content::Map(entries) if !node.tagged => return Some(entries),
            _ => {}
        }
        let tag = if node.tagged { " with a tag" } else { "" };
        self.fault(about(Fault::new(self.place(node.at), format!("must be a map, not {text}{tag}"), fix)));
        None
    }

    /// Returns the entries with unique text keys, and reports the others.
    fn unique(&mut self, entries: Vec<(Node, Node)>, service: Option<&str>) -> Vec<(Position, String, Node)> {
        let mut first: BTreeMap<String, Position> = BTreeMap::new();
        let mut unique = Vec::new();
        for (key, value) in entries {
            let at = key.at;
            let (Content::Plain(text) | Content::Quoted(text)) = &key.content else {
                let fault =
                    Fault::new(self.place(at), format!("a key must be text, not {}", written(&key)), "write a name");
                self.fault(service.into_iter().fold(fault, Fault::service));
                continue;
            };
            if let Some(before) = first.get(text) {
                let allowed = format!("duplicate key, first set on line {}", before.line);
                let fault = Fault::new(self.place(at), allowed, "remove one of them").key(text);
                self.fault(service.into_iter().fold(fault, Fault::service));
                continue;
            }
            first.insert(text.clone(), at);
            unique.push((at, text.clone(), value));
        }
        unique
    }

    fn place(&self, at: Position) -> Place {
        Place::File { name: self.name.to_owned(), at: Some((at.line, at.column)) }
    }

    fn fault(&mut self, fault: Fault) {
        self.contents.faults.push(fault);
    }
}

fn written(node: &Node) -> String {
    match &node.content {
        Content::Plain(text) => excerpt(text),
        Content::Quoted(text) => format!("\"{}\"", excerpt(text)),
        Content::Null => "nothing".to_owned(),
        Content::Map(_) => "a map".to_owned(),
        Content::List => "a list".to_owned(),
    }
}
