//! Behaviour of the layer for clients.

mod attacks;
mod backpressure;
mod bodies;
mod calls;
mod errors;
mod fallbacks;
#[cfg(feature = "tonic")]
mod grpc;
mod hyper_clients;
mod readiness;
mod rig;
mod stacks;
