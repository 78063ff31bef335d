//! `breaker-api <rustdoc.json>` prints the public items in the file, one per line. `cargo xtask api` generates the JSON
//! and compares the lines with the files in `api/`. A separate crate, because xtask must have few dependencies.

use std::error::Error;

use public_api::Builder;

/// Auto traits that stable code can't name, so users can't rely on them.
const UNSTABLE: [&str; 2] = ["core::marker::Freeze", "core::marker::UnsafeUnpin"];

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("which file? `breaker-api <rustdoc.json>`")?;
    // Leaves out blanket impls (`impl<T> Any for T`), which belong to std. Keeps auto traits and derives: users rely on
    // `Send` and `Clone` as on any other item, and a new private field can remove them.
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build()?;
    for item in api.items().map(ToString::to_string) {
        if !UNSTABLE.iter().any(|name| item.contains(&format!(" {name} for "))) {
            println!("{item}");
        }
    }
    Ok(())
}
