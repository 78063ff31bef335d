//! The encoded metrics, over the public API.

mod attacks;
mod growth;
mod negotiation;
mod pinned;
mod registration;
#[cfg(feature = "resilience4j")]
mod resilience4j;
mod rig;
mod snapshots;
