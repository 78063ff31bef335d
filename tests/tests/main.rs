//! Behaviour over the public API alone. Cases of the conformance list carry their number in the name.

mod accounting;
mod api;
mod attribute_fallbacks;
mod attribute_futures;
mod attribute_judging;
mod chaos;
mod config;
mod events;
mod exits;
mod half_open;
mod late;
mod metrics;
mod model;
mod modes;
mod open_time;
mod panics;
mod races;
mod reconfigure;
mod registry;
mod timeouts;
mod trip;
mod windows;
