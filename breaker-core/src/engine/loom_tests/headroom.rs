//! How many bad calls a stripe may take before the next sum: shared out among the stripes that are there, by the rules that
//! hold.

use super::*;
use crate::engine::policy;
use crate::engine::writer::Writer;

/// The word is the same for all rates.
fn with_rate(rate: f64) -> Limits {
    Limits { failure_rate: Some(rate), minimum_requests: Some(1), ..LIMITS }
}

/// An engine whose window holds a thousand successes at 10, in the shared stripe.
fn with_successes(stripes: usize) -> Arc<Engine> {
    let engine = engine(with_rate(0.5), stripes);
    let slice = engine.locked_geometry(engine.word()).slice_at(10);
    let cell = &engine.stripe(Slot::SHARED).slices[slice.slot()];
    cell.successes.add(Writer::Shared, slice.turn(), 1_000).expect("empty");
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
        let shared_out = engine.hot.headroom.in_slice(slice).bad * engine.live_stripes().count() as u64;
        assert!(shared_out <= policy::headroom(seen.window, &seen.limits.rules()).bad, "{shared_out} of {seen:?}");
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

/// A success completes `minimum_requests` while another thread's call is spared: one of the two is judged, and opens the
/// circuit (T3).
///
/// The room for all calls, of which those that may be under way are taken off.
#[test]
fn loom_a_success_completes_the_minimum_of_the_window_by_time() {
    explore(2, || {
        let limits = Limits { failure_rate: Some(0.1), minimum_requests: Some(3), ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 10);
        let calling = [1, 2].map(|slot| start(&engine, slot, |engine| call(engine, End::Success, 10)));
        let [(), ()] = calling.map(join);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.window.requests, seen.transitions[0]), (3, 1), "T3");
    });
}
