//! How many bad calls a stripe may take before the next sum: shared out among the stripes that are there, by the rules that
//! hold.

use super::*;
use crate::engine::policy::{self, Counts};
use crate::engine::window;

/// The word is the same for all rates.
fn with_rate(rate: f64) -> Limits {
    Limits { failure_rate: Some(rate), minimum_requests: Some(1), ..LIMITS }
}

/// An engine whose window holds a thousand successes at 10, in the shared stripe.
fn with_successes(stripes: usize) -> Arc<Engine> {
    let engine = engine(with_rate(0.5), stripes);
    let slice = engine.locked_geometry(engine.word()).slice_at(10);
    let counts = Counts { requests: 1_000, failures: 0, slow: 0 };
    window::carry(engine.stripe(Slot::SHARED), slice, counts);
    engine
}

/// A verdict shares the room out while another thread makes its stripe: the stripes that are there then may not take more
/// together than there is room for.
///
/// The `SeqCst` fences of `new_stripe` and `spare_sums`.
#[test]
fn loom_headroom_against_a_new_stripe() {
    explore(ALL, || {
        let engine = with_successes(2);
        let sharing = start(&engine, 1, |engine| call(engine, End::Success, 10));
        let coming = start(&engine, 2, |engine| {
            engine.thread_stripe();
        });
        join(sharing);
        join(coming);
        let seen = outcome(&engine, 10, 0);
        let slice = engine.locked_geometry(engine.word()).slice_at(10);
        let shared_out = engine.hot.headroom.in_slice(slice) * engine.live_stripes().count() as u64;
        assert!(shared_out <= policy::headroom(seen.window, &seen.limits.rules()), "{shared_out} of {seen:?}");
    });
}

/// A verdict shares the room out by rules that are being replaced: under the new ones, the next failure opens the circuit.
///
/// The lock in `spare_sums`, under which the rules are compared.
#[test]
fn loom_headroom_against_reconfiguration() {
    explore(2, || {
        let engine = with_successes(3);
        let sharing = start(&engine, 1, |engine| call(engine, End::Success, 10));
        let changing = start(&engine, 2, |engine| {
            let _ = engine.reconfigure(with_rate(0.0005), 10);
        });
        join(sharing);
        join(changing);
        call(&engine, End::Failure, 10);
        assert_eq!(outcome(&engine, 10, 0).transitions, [1, 0, 0, 0, 0], "spared by rules that are no more");
    });
}
