//! `breaker-api <rustdoc.json>` prints the public items in it, one a line. `cargo xtask api` makes the JSON and holds the
//! lines against the files beside this. A crate of its own, because xtask has no dependencies.

use std::error::Error;

use public_api::Builder;

/// Auto traits that no stable code can name: nobody can rely on them.
const UNSTABLE: [&str; 2] = ["core::marker::Freeze", "core::marker::UnsafeUnpin"];

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("which file? `breaker-api <rustdoc.json>`")?;
    // Blanket impls (`impl<T> Any for T`) are std's and tell nothing of the crate. Auto traits and derives stay: users
    // rely on `Send` and on `Clone` as on any other item, and a private field can take them away.
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build()?;
    for item in api.items().map(ToString::to_string) {
        if !UNSTABLE.iter().any(|name| item.contains(&format!(" {name} for "))) {
            println!("{item}");
        }
    }
    Ok(())
}
