//! Requests through a breaker to servers on the loopback interface.

mod attribute;
mod bodies;
mod breakers;
mod cooldown;
mod errors;
mod interrupted;
mod retries;
mod rig;
mod statuses;
