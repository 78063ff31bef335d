//! The hot path: what a call runs through. Imports only `engine`, `clock` and `sync`; knows no futures, no events,
//! no configuration file and no user code. `now` is an argument of everything.
//!
//! # How a call passes
//!
//! *Admit*: one load of the state [`word`]. While it says "admits", the call's stripe counts it, and that is all.
//! *Record*: the call's stripe counts its end; the word is loaded once more to see whether the result is late; the
//! window's slice of that stripe takes it; and only where a rule could fire by it are the stripes summed.
//! Everything else (opening, probing, modes, reconfiguration) is rare: it takes the lock around the pure
//! [`transition`] machine and publishes a new word.
//!
//! # Invariants
//!
//! - Only the holder of the lock changes the machine, the word, `quiet_until` and the geometries.
//! - A generation never comes back. A ticket whose generation is not the word's is late and touches no window.
//! - A stripe with an index below 64 is written by the one living thread that holds that index.
//! - What a slice holds belongs to its tag. Starting a window changes no slice.
//! - Completed calls never outnumber admitted ones in a snapshot: ends are read before admissions.
//!
//! # Orderings
//!
//! | where | ordering | pairs with |
//! |---|---|---|
//! | `cell`: publish of the word | Release | Acquire of the word in `admit`, `record`: who sees the new word sees the geometry and limits written before it |
//! | `cell`: load of a geometry, then of the word again | Acquire, Acquire | publish: a geometry that was overwritten in between shows as a changed version |
//! | `cell`: fence before a verdict's sum | `SeqCst` fence | the same fence of another failing thread: of two failures that complete a threshold together, at least one sees both |
//! | `stripe`: counters | Release | Acquire in `snapshot`: a call's end brings its admission along |
//! | `stripe`: slot of an ending thread | Release | `AcqRel` in `take`: the next holder goes on from the last value |
//! | `tagged`: slices | Release (store or exchange) | Acquire in `read` |
//! | `cell`: a new stripe | `SeqCst` fence | the same fence in `spare_sums`: room that was shared out among fewer stripes doesn't last |
//! | `ring`: length | Release | Acquire in `length`: who sees the length of a new window sees that calls are held |
//! | `ring`: head | `AcqRel` exchange | Acquire load of the head: all older slots are in place |
//! | `latency`: buckets | Relaxed | nothing: each stands alone |

pub(crate) mod cell;
pub(crate) mod latency;
pub(crate) mod policy;
mod rare;
pub(crate) mod ring;
pub(crate) mod snapshot;
pub(crate) mod stripe;
pub(crate) mod tagged;
pub(crate) mod transition;
pub(crate) mod window;
pub(crate) mod word;
