//! What a thread gets once: its slot, and its stripe of a breaker.

use super::*;

/// Two threads that make the stripe that they share count in one.
///
/// `OnceBox`: `AcqRel` exchange, Acquire load. (The side for loom mirrors `once_cell`'s; that crate's own code isn't in the
/// model. A site's `OnceLock` is std's, and is neither.)
#[test]
fn loom_a_stripe_is_made_once() {
    explore(ALL, || {
        let engine = engine(LIMITS, 1);
        let threads = [3, 3].map(|slot| start(&engine, slot, |engine| call(engine, End::Ignored, 10)));
        let [(), ()] = threads.map(join);
        assert_eq!(outcome(&engine, 10, 0).ignored, 2);
    });
}

/// A thread that ends while others begin: whoever gets its slot goes on from its counts, and no two hold one slot.
///
/// Release in `release`, `AcqRel` in `take`.
#[test]
fn loom_a_slot_is_handed_on() {
    explore(ALL, || {
        let engine = engine(LIMITS, 3);
        Slot::give_back();
        let brief = |engine: &Arc<Engine>| {
            let engine = Arc::clone(engine);
            thread::spawn(move || {
                let slot = Slot::current();
                engine.here().count(|stripe| &stripe.ignored);
                Slot::give_back();
                slot
            })
        };
        let threads = [brief(&engine), brief(&engine)];
        let [one, other] = threads.map(join);
        assert!(one != Slot::SHARED && other != Slot::SHARED);
        assert_eq!(engine.snapshot(10).ignored, 2, "W5");
    });
}
