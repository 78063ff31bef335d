//! What a `Cargo.toml` says about its dependencies: as much of TOML as manifests use for that.

use std::path::Path;

use super::{entries, read};

/// One member of the workspace.
pub(super) struct Member {
    pub(super) name: String,
    /// Relative to the root, with `/`.
    pub(super) directory: String,
    /// Packages it depends on, of every kind; renamed ones by their real name.
    pub(super) dependencies: Vec<String>,
}

/// The manifests in the root's directories and in those of `integrations/`.
pub(super) fn members(root: &Path) -> Result<Vec<Member>, String> {
    let mut members = Vec::new();
    for parent in [root.to_path_buf(), root.join("integrations")] {
        if !parent.is_dir() {
            continue;
        }
        for directory in entries(&parent)? {
            let manifest = directory.join("Cargo.toml");
            if manifest.is_file() {
                let inside = directory.strip_prefix(root).unwrap_or(&directory);
                let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                members.push(parse(&inside.join("/"), &read(&manifest)?));
            }
        }
    }
    members.sort_by(|a, b| a.directory.cmp(&b.directory));
    Ok(members)
}

/// The crates from outside that a member names, as they are written in paths.
pub(super) fn outside(members: &[Member], name: &str) -> Result<Vec<String>, String> {
    let member = members.iter().find(|member| member.name == name).ok_or(format!("no member is called `{name}`"))?;
    let foreign = member.dependencies.iter().filter(|name| members.iter().all(|member| member.name != **name));
    Ok(foreign.map(|name| name.replace('-', "_")).collect())
}

pub(super) fn parse(directory: &str, text: &str) -> Member {
    let mut member = Member { name: String::new(), directory: directory.to_owned(), dependencies: Vec::new() };
    let mut section: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').split('.').collect();
            // `[dependencies.name]`; a `package` key below it may still say the real name.
            if let [.., kind, name] = section[..]
                && kind.ends_with("dependencies")
            {
                member.dependencies.push(unquote(name));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        match section[..] {
            ["package"] if key == "name" => member.name = unquote(value),
            [.., kind, _] if kind.ends_with("dependencies") && key == "package" => {
                member.dependencies.pop();
                member.dependencies.push(unquote(value));
            }
            [.., kind] if kind.ends_with("dependencies") => {
                let name = key.split('.').next().unwrap_or(key);
                member.dependencies.push(renamed(value).unwrap_or_else(|| unquote(name)));
            }
            _ => {}
        }
    }
    member
}

/// The real name in `{ package = "real", … }`.
fn renamed(value: &str) -> Option<String> {
    let (_, after) = value.split_once("package")?;
    let quoted = after.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
    Some(quoted.split('"').next()?.to_owned())
}

fn unquote(text: &str) -> String {
    text.trim().trim_matches(|c| c == '"' || c == '\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_dependency_is_read() {
        let text = r#"
            [package]
            name = "it"
            [features]
            tokio = ["dep:tokio"]
            [dependencies]
            a.workspace = true
            b-b = { version = "1", features = ["x"] }
            alias = { package = "real", path = "../real" }
            [target.'cfg(loom)'.dependencies]
            loom = "0.7"
            [dev-dependencies.c]
            version = "1"
            [dependencies.d]
            package = "dd"
        "#;
        let member = parse("it", text);
        assert_eq!(member.name, "it");
        assert_eq!(member.dependencies, ["a", "b-b", "real", "loom", "c", "dd"]);
    }
}
