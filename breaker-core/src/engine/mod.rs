//! The hot path of a call. Imports only `engine`, `clock` and `sync`; knows no futures, events, configuration files or
//! user code. Every function takes `now` as an argument.
//!
//! # How a call passes
//!
//! *Admit*: one load of the state [`word`]. If the word has the bit "admits", the call's stripe counts the call, and
//! nothing else happens.
//!
//! *Record*: the call's stripe counts the end. The word is loaded again to see whether the result is late. The current
//! slice of the window in that stripe counts the call. Only if a rule could fire are the stripes summed. Successes that
//! can't change a verdict, the usual case of a healthy service, have shorter paths, selected by bits of the word.
//!
//! A count-based window takes its successes from the same stripes; failed and slow calls are placed in order, under the
//! lock.
//!
//! Everything else (opening, probing, modes, reconfiguration) is rare. It takes the lock around the pure [`transition`]
//! machine and publishes a new word.
//!
//! # Invariants
//!
//! - Only a thread that holds the lock changes the machine, the word, `quiet_until` and the geometries.
//! - A generation is never reused. A ticket whose generation differs from the word's is late and changes no window.
//! - A stripe with an index below 64 is written only by the living thread that holds that index. `ThreadStripe`, which
//!   identifies that thread's stripe, is not kept across an await.
//! - A frame is pushed and popped by one thread, within one poll or one plain call, and its breaker lives as long.
//! - The counts of a slice belong to its number, and to the window of its epoch. A stripe is emptied under the lock by
//!   its own thread, when it first counts in a new window; only the shared stripe is emptied by exchanges.
//! - In a snapshot, completed calls never outnumber admitted ones: ends are read before admissions.
//!
//! # Orderings
//!
//! | where | ordering | pairs with |
//! |---|---|---|
//! | `publish`: the word, in `publish_word` | Release store | Acquire load in `Engine::word`: a reader of the new word sees the geometry and limits written before it |
//! | `record`, `quick`, `evidence`: `flags`, `slow_at`, `verdict` | Relaxed | written before the word, under the lock; a verdict by a mixture of old and new values is reached again under the lock |
//! | `admit`, `quick`: `quiet_until`, then the word again | Acquire load | Release store in `publish`, after the word (and 0 before it): if the value was stored after a new word, the second load of the word differs |
//! | `headroom`: the room for all calls, then the room for bad calls | Release store in `publish` | Acquire load in `published`: a reader that sees more room for calls also sees less room for bad calls |
//! | `spare`: the headroom is taken back, then the counts of its slice are read | `SeqCst` fence in `take_room_back` | the fence before a verdict's sum, after which the call looks whether the level is still the same: either its count is read, or it sees that the level was taken back |
//! | `headroom`: the number of publications, before a verdict's sum | Relaxed, then the `SeqCst` fence before the sum | the same fence of the verdicts that published: the sum includes their calls |
//! | `memory`: the shared stripe, when it is new, before the headroom is taken back | `SeqCst` fence | the same fence in `put_room`: either that thread sees the stripe, or its headroom is taken back |
//! | `shared_room`: a bad call that takes shared room | Release exchange | Acquire exchange in `take_back`: the sum that follows includes every call that has used room |
//! | `stripes`: which stripes are summed | Relaxed | a bit is set under the lock before the first count of its stripe; the fences before verdicts' sums make both visible |
//! | `evidence`: a geometry, then the word again | Acquire loads | Release stores in `put_geometry`: if the geometry was overwritten in between, the word has another version |
//! | `evidence`: before a verdict's sum | `SeqCst` fence | the same fence of another call that ends now: if two calls reach a threshold together, at least one sees both |
//! | `memory`: new stripes | `OnceBox`: AcqRel exchange, Acquire load | each other: a thread that sees the pointer sees the zeros behind it |
//! | `writer`: counters, `Writer::add` | Release (store of the sole writer, or addition) | Acquire in `snapshot`: a reader of a call's end also sees its admission |
//! | `stripe`: the version of its slices, in `begin_window` | Release store, after the cells were emptied | Acquire in `Stripe::version`: a reader of a version sees the slices without counts of earlier versions |
//! | `evidence`: a call in the shared stripe, then the word | `SeqCst` fence in `record_shared` | the fence in `put_geometry`, between storing the word and emptying the stripe: either that thread finds the call, or the call finds the new word |
//! | `tagged`: slices and runs, `Writer::update`; the sum of the slices before, `Tagged::set`; the cells that a stripe empties for a new window, `Tagged::empty` | Release (store of the sole writer, or exchange) | Acquire in `Tagged::read`, `read_or_other`, `known` and `ahead` |
//! | `streak`: the start of a run, then the rule's flags | Release fence in `begin`, Acquire fence in `run_at` | each other, through the flags: a call that counts for a rule set again sees where its runs begin |
//! | `streak`: the number of a failure | AcqRel exchange | the exchange of the previous failure: the earlier successes of that failure's thread are visible, too |
//! | `streak`: the number of the last failure before a success | Relaxed | nothing: the numbers are in the modification order of one cell, and a thread that has seen a success end sees its number |
//! | `window`, `latency`: the slice and the bucket that a stripe used last | Relaxed | nothing: only the stripe's own thread reads and writes them (a reset of the metrics, for tests, empties the range of the bucket) |
//! | `slot`: the slot of a thread that ends | Release | Acquire in `take`: the next holder continues from the last value |
//! | `evidence`, `publish`, `snapshot`: successes of a count-based window, summed under the lock | Acquire in `Tagged::read` | Release in `Writer::update`: the sum includes every success that ended before; sums are ordered by the lock, so none is less than the one before |
//! | `stripe`: a run of failures | Relaxed | nothing: a metric of one thread's calls |
//! | `latency`: sum, shortest, longest, buckets | Relaxed loads | nothing: they are independent, and a snapshot may be one call ahead or behind in them |

mod admit;
mod answer;
#[cfg(feature = "test-util")]
pub(crate) mod baseline;
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
mod idle;
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
mod quick;
mod record;
mod rule_flags;
mod shared_room;
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
