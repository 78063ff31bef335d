//! The cases are in `cases/`; `tests/ui.rs` compiles them.
