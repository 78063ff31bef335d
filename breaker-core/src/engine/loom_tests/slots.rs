//! One-time initialization: a site's breaker, a thread's slot, and its stripe of a breaker.

use super::*;
use crate::sync::{Mutex, OnceBox, lock};

/// Two threads that create their shared stripe count in the same one.
///
/// Exercises `OnceBox`: `AcqRel` exchange, Acquire load. (The loom version mirrors `once_cell`'s; that crate's own code
/// isn't in the model.)
#[test]
fn loom_a_stripe_is_made_once() {
    explore(ALL, || {
        let engine = engine(LIMITS, 1);
        let threads = [3, 3].map(|slot| start(&engine, slot, |engine| call(engine, End::Ignored, 10)));
        let [(), ()] = threads.map(join);
        assert_eq!(outcome(&engine, 10, 0).ignored, 2);
    });
}

/// Two concurrent first calls of an annotated function ask the registry, and both count in the same breaker.
///
/// Exercises `OnceBox`: `AcqRel` exchange, Acquire load.
#[test]
fn loom_a_site_finds_one_breaker() {
    explore(ALL, || {
        // Like a site and the registry: a cell, and existing breakers behind a lock.
        let site = Arc::new((OnceBox::<Arc<Engine>>::new(), Mutex::new(None::<Arc<Engine>>)));
        let first_call = |slot| {
            let site = Arc::clone(&site);
            thread::spawn(move || {
                Slot::of_model(slot).assign();
                let (cell, registry) = &*site;
                let ask_registry = || Arc::clone(lock(registry).get_or_insert_with(|| engine_of_slot(slot)));
                let engine = cell.get_or_init(|| Box::new(ask_registry()));
                call(engine, End::Ignored, 10);
                Arc::as_ptr(engine) as usize
            })
        };
        let [one, other] = [1, 2].map(first_call).map(join);
        assert_eq!(one, other);
        Slot::of_model(0).assign();
        let (cell, _) = &*site;
        let engine = cell.get().expect("resolved");
        assert_eq!(outcome(engine, 10, 0).ignored, 2);
    });
}

fn engine_of_slot(slot: usize) -> Arc<Engine> {
    let engine = Engine::new(0, LIMITS, 0);
    engine.stripe(Slot::of_model(slot));
    Arc::new(engine)
}

/// A thread ends while others begin. The thread that takes its slot continues from its counts, and no two threads hold
/// the same slot.
///
/// Exercises Release in `release` and Acquire in `take`.
#[test]
fn loom_a_slot_is_handed_on() {
    explore(ALL, || {
        let engine = engine(LIMITS, 3);
        Slot::give_back();
        let brief = |engine: &Arc<Engine>| {
            let engine = Arc::clone(engine);
            thread::spawn(move || {
                let slot = Slot::current();
                engine.thread_stripe().count(|stripe| &stripe.ignored);
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
