//! The endpoints, over the public API: as a service, and over real connections.

mod breakers;
mod conditional;
mod health;
mod metrics;
mod names;
mod refusals;
mod rig;
mod routers;
mod wire;
