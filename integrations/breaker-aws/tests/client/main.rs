//! Operations through a breaker, run by the SDK's own runtime.

mod attempts;
mod errors;
mod operations;
mod outcomes;
mod rig;
mod several;
mod timeouts;
