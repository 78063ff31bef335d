//! Checks the arrows between crates: each may depend on those of lower floors, without a cycle.

use super::circles::Graph;
use super::workspace::{Dependency, Member};

/// The floors from the lowest up. A crate belongs to the entry whose directory it is in or below.
const FLOORS: &[&[&str]] = &[
    &["breaker-keys"],
    &["breaker-macros"],
    &["breaker-core"],
    &["integrations"],
    &["examples", "tests", "ui-tests", "benches"],
    // Uses the steps of the tests.
    &["fuzz"],
];

/// Crates that depend on no other crate of ours, and on which none depends.
const APART: &[&str] = &["xtask", "api"];

/// Crates that may depend on others of their own floor, and on which.
const ACQUAINTED: &[(&str, &[&str])] = &[
    ("breaker-aws", &["breaker-tower"]),
    ("breaker-axum", &["breaker-prometheus", "breaker-tower"]),
    ("breaker-object-store", &["breaker-tower"]),
    ("breaker-reqwest", &["breaker-tower"]),
];

/// Crates on which only these published crates may depend.
const KNOWN_TO: &[(&str, &[&str])] =
    &[("breaker-keys", &["breaker-macros", "breaker-core", "breaker-config"]), ("breaker-macros", &["breaker-core"])];

/// Crates that may only have these dependencies, except in tests.
const FRUGAL: &[(&str, &[&str])] = &[
    ("breaker-keys", &[]),
    // Built before anything else can be checked.
    ("xtask", &["cargo_metadata", "proc-macro2", "syn"]),
];

pub(super) fn check(members: &[Member]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut graph = Graph::default();
    for member in members {
        if floor(member).is_none() && !is_apart(member) {
            let at = &member.directory;
            faults.push(format!("{at}: `{}` has no floor: give it one in xtask/src/arrows/crates.rs", member.name));
            continue;
        }
        for dependency in member.dependencies.iter().filter(|dependency| dependency.package != member.name) {
            let other = members.iter().find(|other| other.name == dependency.package);
            if other.is_some() {
                graph.add(&member.name, &dependency.package, &dependency.table, None);
            }
            if let Some(why) = wrong(member, dependency, other) {
                faults.push(format!(
                    "{}/Cargo.toml: `{}` must not depend on `{}`: {why}",
                    member.directory, member.name, dependency.package
                ));
            }
        }
    }
    faults.extend(graph.circles("crates"));
    faults
}

/// Whether the crate is published.
pub(super) fn is_library(member: &Member) -> bool {
    floor(member) <= floor_of("integrations") && floor(member).is_some()
}

fn wrong(member: &Member, dependency: &Dependency, other: Option<&Member>) -> Option<String> {
    if let Some(may) = listed(FRUGAL, &member.name)
        && dependency.table != "dev-dependencies"
        && !may.contains(&dependency.package.as_str())
    {
        return Some(match may {
            [] => "it must have no dependency".to_owned(),
            may => format!("it may depend only on {}", may.join(", ")),
        });
    }
    let other = other?;
    if is_apart(member) {
        return Some("it must depend on no crate of ours".to_owned());
    }
    if is_apart(other) {
        return Some("no crate of ours may".to_owned());
    }
    if let Some(knowing) = listed(KNOWN_TO, &other.name)
        && is_library(member)
        && !knowing.contains(&member.name.as_str())
    {
        return Some(format!("only {} may", knowing.join(", ")));
    }
    let is_acquainted = listed(ACQUAINTED, &member.name).is_some_and(|may| may.contains(&other.name.as_str()));
    (floor(other) >= floor(member) && !is_acquainted).then(|| "its floor is not lower".to_owned())
}

fn listed<'a>(table: &'a [(&str, &[&'a str])], name: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(listed, _)| *listed == name).map(|(_, others)| *others)
}

fn floor(member: &Member) -> Option<usize> {
    floor_of(&member.directory)
}

fn floor_of(directory: &str) -> Option<usize> {
    let top = directory.split('/').next()?;
    FLOORS.iter().position(|places| places.contains(&top))
}

fn is_apart(member: &Member) -> bool {
    APART.contains(&member.directory.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(directory: &str, dependencies: &[&str]) -> Member {
        let dependencies = dependencies.iter().map(|&name| Dependency {
            package: name.to_owned(),
            alias: name.replace('-', "_"),
            table: "dependencies".to_owned(),
        });
        Member {
            name: directory.rsplit('/').next().unwrap_or(directory).to_owned(),
            directory: directory.to_owned(),
            dependencies: dependencies.collect(),
            targets: Vec::new(),
        }
    }

    /// The existing crates, and the faults that one more of them causes.
    fn faults(extra: Member) -> Vec<String> {
        let mut house = vec![
            member("breaker-keys", &[]),
            member("breaker-macros", &["breaker-keys", "syn"]),
            member("breaker-core", &["breaker-macros", "breaker-keys", "tokio"]),
            member("integrations/breaker-config", &["breaker-core", "breaker-keys"]),
            member("integrations/breaker-tower", &["breaker-core"]),
            member("integrations/breaker-prometheus", &["breaker-core"]),
        ];
        house.retain(|member| member.name != extra.name);
        house.push(extra);
        check(&house)
    }

    #[test]
    fn downward_arrows_pass() {
        for member in [
            member("examples", &["breaker-core", "breaker-tower", "sqlx"]),
            member("ui-tests/renamed", &["breaker-core", "breaker-keys"]),
            member("fuzz", &["breaker-core", "examples", "syn"]),
            member("integrations/breaker-aws", &["breaker-tower", "breaker-core"]),
            member("integrations/breaker-axum", &["breaker-prometheus", "breaker-tower", "breaker-core"]),
            member("integrations/breaker-object-store", &["breaker-tower", "breaker-core"]),
            member("integrations/breaker-reqwest", &["breaker-tower", "breaker-core"]),
            member("xtask", &["cargo_metadata", "proc-macro2", "syn"]),
        ] {
            let name = member.name.clone();
            assert_eq!(faults(member), [""; 0], "{name}");
        }
    }

    #[test]
    fn planted_wrong_arrows_fail() {
        for member in [
            member("integrations/breaker-redis", &["breaker-core", "breaker-tower"]),
            member("integrations/breaker-redis", &["breaker-core", "breaker-keys"]),
            member("integrations/breaker-redis", &["breaker-core", "breaker-macros"]),
            member("integrations/breaker-reqwest", &["breaker-prometheus"]),
            member("breaker-keys", &["serde"]),
            member("xtask", &["breaker-core"]),
            member("xtask", &["regex"]),
        ] {
            let name = member.name.clone();
            assert_eq!(faults(member).len(), 1, "{name}");
        }
    }

    #[test]
    fn nothing_depends_on_xtask() {
        let found =
            check(&[member("breaker-core", &[]), member("tests", &["breaker-core", "xtask"]), member("xtask", &[])]);
        assert_eq!(found, ["tests/Cargo.toml: `tests` must not depend on `xtask`: no crate of ours may"]);
    }

    #[test]
    fn an_upward_arrow_is_named_and_makes_a_circle() {
        let found = faults(member("breaker-macros", &["breaker-keys", "breaker-core"]));
        assert_eq!(
            found[0],
            "breaker-macros/Cargo.toml: `breaker-macros` must not depend on `breaker-core`: its floor is not lower"
        );
        assert!(found[1].starts_with("cycle of 2 crates: breaker-core, breaker-macros\n"), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_circle_of_acquainted_crates_fails() {
        let mut house =
            vec![member("integrations/breaker-axum", &["breaker-tower"]), member("integrations/breaker-tower", &[])];
        assert_eq!(check(&house), [""; 0]);
        // cargo itself allows that.
        house[1].dependencies = vec![Dependency {
            package: "breaker-axum".to_owned(),
            alias: "breaker_axum".to_owned(),
            table: "dev-dependencies".to_owned(),
        }];
        let found = check(&house);
        let circle = "cycle of 2 crates: breaker-axum, breaker-tower
    breaker-axum -> breaker-tower: dependencies
    breaker-tower -> breaker-axum: dev-dependencies";
        assert_eq!(found.last().map(String::as_str), Some(circle));
    }

    #[test]
    fn an_unknown_member_is_reported() {
        let found = faults(member("attic", &[]));
        assert_eq!(found, ["attic: `attic` has no floor: give it one in xtask/src/arrows/crates.rs"]);
    }

    #[test]
    fn libraries_are_what_users_get() {
        let is = |directory| is_library(&member(directory, &[]));
        assert!(is("breaker-keys") && is("breaker-core") && is("integrations/breaker-config"));
        assert!(!is("tests") && !is("fuzz") && !is("xtask") && !is("attic"));
    }
}
