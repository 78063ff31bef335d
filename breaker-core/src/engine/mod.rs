//! The hot path: what a call runs through. Imports only `engine`, `clock` and `sync`; knows no futures, no events,
//! no configuration file and no user code. `now` is an argument of everything.
//!
//! # How a call passes
//!
//! *Admit*: one load of the state [`word`]. While it says "admits", the call's stripe counts it, and that is all.
//! *Record*: the call's stripe counts its end; the word is loaded once more to see whether the result is late; the
//! window's slice of that stripe takes it; and only where a rule could fire by it are the stripes summed. The ends that
//! a healthy service has, successes that nothing is to be judged by, have shorter ways: bits of the word say which.
//! A window by count knows its successes from the same stripes; its bad calls are placed in order, under the lock.
//! Everything else (opening, probing, modes, reconfiguration) is rare: it takes the lock around the pure
//! [`transition`] machine and publishes a new word.
//!
//! # Invariants
//!
//! - Only the holder of the lock changes the machine, the word, `quiet_until` and the geometries.
//! - A generation never comes back. A ticket whose generation is not the word's is late and touches no window.
//! - A stripe with an index below 64 is written by the one living thread that holds that index: `ThreadStripe`, which says which one
//!   that is, is not kept across an await.
//! - A frame is put in and taken out by one thread, within one poll or one plain call, and its breaker lives as long.
//! - What a slice holds belongs to its number, and to the window of its epoch. A stripe is emptied by its own thread when it first counts in a new window, under the lock; only the shared one by exchanges.
//! - Completed calls never outnumber admitted ones in a snapshot: ends are read before admissions.
//!
//! # Orderings
//!
//! | where | ordering | pairs with |
//! |---|---|---|
//! | `publish`: the word, in `publish_word` | Release store | Acquire load in `Engine::word`: who sees the new word sees the geometry and limits written before it |
//! | `record`, `evidence`: `flags`, `slow_at`, `verdict` | Relaxed | written before the word, under the lock; a call that reads a mixture of old and new has its verdict taken again under the lock |
//! | `admit`: `quiet_until`, then the word again | Acquire load | Release store in `publish`, after the word (and 0 before it): a value that came after the word shows as a changed word |
//! | `headroom`: the room for all calls, after that for bad ones | Release store in `publish` | Acquire load in `spares_call`: more room for calls brings less for bad ones along |
//! | `memory`: a new stripe, before the headroom is taken back | `SeqCst` fence | the same fence in `publish_room`: either that one sees the stripe, or its headroom is taken back |
//! | `evidence`: a geometry, then the word again | Acquire loads | Release stores in `put_geometry`: a geometry that was overwritten in between shows as a changed version of the word |
//! | `evidence`: before a verdict's sum | `SeqCst` fence | the same fence of another call that ends now: of two that complete a threshold together, at least one sees both |
//! | `memory`: stripes that are made | `OnceBox`: AcqRel exchange, Acquire load | each other: who sees the pointer sees the zeros behind it |
//! | `writer`: counters, `Writer::add` | Release (store of the sole writer, or addition) | Acquire in `snapshot`: a call's end brings its admission along |
//! | `stripe`: the version of its slices, in `begin_window` | Release store, after the cells were emptied | Acquire in `Stripe::version`: who sees a version sees the slices without what earlier ones left |
//! | `evidence`: a call in the stripe that threads share, then the word | `SeqCst` fence in `record_shared` | the fence in `put_geometry`, between the new word and the taking out: either that one finds the call, or the call finds the new word |
//! | `tagged`: slices and runs, `Writer::update`; what is before a slice, `Tagged::set`; what a stripe empties as it moves on, `Tagged::empty` | Release (store of the sole writer, or exchange) | Acquire in `Tagged::read`, `read_or_other`, `known` and `ahead` |
//! | `streak`: the start of a run, then the rule's flags | Release fence in `begin`, Acquire fence in `run_at` | each other, by the flags: who counts by a rule that has come anew sees where its runs begin |
//! | `streak`: the number of a failure | AcqRel exchange | that of the failure before: the successes that its thread had before are seen, too |
//! | `streak`: the number of the last failure before a success | Relaxed | nothing: numbers are in the order of one cell, and who has seen a success end sees its number |
//! | `window`, `latency`: the slice and the bucket that a stripe used last | Relaxed | nothing: only the stripe's own thread is there |
//! | `slot`: slot of a thread that ends | Release | Acquire in `take`: the next holder continues from the last value |
//! | `evidence`, `publish`, `snapshot`: successes of a window by count, summed under the lock | Acquire in `Tagged::read` | Release in `Writer::update`: a success that has ended before is in the sum; sums follow each other by the lock, so none is below the last |
//! | `stripe`: a run of failures | Relaxed | nothing: a metric of one thread's calls |
//! | `latency`: sum, shortest, longest, buckets | Relaxed loads | nothing: each stands alone, and a snapshot may be one call ahead in them |

mod admit;
mod answer;
pub(crate) mod cause;
mod check_record;
#[cfg(any(feature = "tokio", test))]
mod checks;
pub(crate) mod count_window;
mod effective;
mod evidence;
pub(crate) mod frames;
mod headroom;
pub(crate) mod host;
mod latency;
pub(crate) mod limits;
mod locked;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod memory;
pub(crate) mod open_time;
mod past;
pub(crate) mod policy;
mod publish;
mod record;
mod rule_flags;
mod slice;
#[cfg(breaker_counts)]
pub use slot::assume;
mod slot;
pub(crate) mod snapshot;
mod spare;
mod split;
pub(crate) mod stalled;
pub(crate) mod state;
mod streak;
pub(crate) mod stripe;
mod stripes;
mod tagged;
pub(crate) mod ticket;
mod times;
pub(crate) mod transition;
mod window;
mod word;
mod writer;
