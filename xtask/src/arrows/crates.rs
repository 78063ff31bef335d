//! The arrows between crates: `fuzz → examples, tests, ui-tests, benches → integrations → breaker-core → breaker-macros`.

use super::Fault;
use super::manifest::Member;

/// Integrations that may know others, and which.
const ACQUAINTED: &[(&str, &[&str])] = &[("breaker-axum", &["breaker-prometheus", "breaker-tower"])];

pub(super) fn check(members: &[Member]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for member in members {
        let Some(own) = floor(member) else {
            let at = &member.directory;
            faults.push(format!("{at}: `{}` is on no floor: give it one in xtask's arrows/crates.rs", member.name));
            continue;
        };
        let ours = member.dependencies.iter().filter_map(|name| members.iter().find(|other| other.name == *name));
        for other in ours.filter(|other| other.name != member.name) {
            let known = ACQUAINTED.iter().any(|(name, may)| *name == member.name && may.contains(&other.name.as_str()));
            if !known && floor(other).is_none_or(|floor| floor >= own) {
                faults.push(format!(
                    "{}/Cargo.toml: `{}` must not depend on `{}`",
                    member.directory, member.name, other.name
                ));
            }
        }
    }
    faults
}

/// From the ground up. xtask and api stand alone beside the house: they need none of ours and nobody needs them.
fn floor(member: &Member) -> Option<usize> {
    match member.directory.as_str() {
        "breaker-macros" | "xtask" | "api" => Some(0),
        "breaker-core" => Some(1),
        "examples" | "tests" | "ui-tests" | "benches" => Some(3),
        // Its steps are those of the tests.
        "fuzz" => Some(4),
        directory if directory.starts_with("integrations/") => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(directory: &str, dependencies: &[&str]) -> Member {
        let name = directory.rsplit('/').next().unwrap_or(directory).to_owned();
        let dependencies = dependencies.iter().map(|&name| name.to_owned()).collect();
        Member { name, directory: directory.to_owned(), dependencies }
    }

    fn house(extra: Member) -> Vec<Member> {
        vec![
            member("breaker-core", &["breaker-macros", "tokio"]),
            member("breaker-macros", &["syn"]),
            member("integrations/breaker-tower", &["breaker-core"]),
            extra,
        ]
    }

    #[test]
    fn downward_arrows_pass() {
        assert!(check(&house(member("examples", &["breaker-core", "breaker-tower", "sqlx"]))).is_empty());
        assert!(check(&house(member("fuzz", &["breaker-core", "syn"]))).is_empty());
        assert!(check(&house(member("integrations/breaker-axum", &["breaker-tower", "breaker-core"]))).is_empty());
    }

    #[test]
    fn planted_wrong_arrows_fail() {
        let mut upward = house(member("tests", &[]));
        upward[1].dependencies.push("breaker-core".to_owned());
        assert_eq!(check(&upward), ["breaker-macros/Cargo.toml: `breaker-macros` must not depend on `breaker-core`"]);
        let sideways = house(member("integrations/breaker-redis", &["breaker-core", "breaker-tower"]));
        assert_eq!(check(&sideways).len(), 1);
        assert_eq!(check(&house(member("xtask", &["breaker-core"]))).len(), 1);
    }

    #[test]
    fn an_unmapped_member_is_reported() {
        assert_eq!(check(&house(member("attic", &[]))).len(), 1);
    }
}
