//! How probes with nested calls end: pending on other threads, dropped, with a panic, late, or in another mode.

use super::*;

#[test]
fn a_probe_is_found_on_whatever_thread_it_is_polled() {
    let rig = half_open();
    let open = AtomicUsize::new(0);
    let future = async {
        poll_fn(|_| {
            assert_eq!(rig.breaker.call(ok), Ok(()));
            if open.load(Ordering::SeqCst) < 4 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        ok()
    };
    let mut probe: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(rig.breaker.call_async(future));
    for polls in 1..=5 {
        let probe = &mut probe;
        let ended = std::thread::scope(|scope| {
            let poll = || {
                let ended = poll_once(probe).is_ready();
                if !ended {
                    rig.calls("X");
                }
                ended
            };
            scope.spawn(poll).join().expect("no call is rejected that should not be")
        });
        assert_eq!(ended, polls == 5);
        open.fetch_add(1, Ordering::SeqCst);
    }
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 4, 0, 0]));
}

#[test]
fn a_nested_call_that_is_dropped_with_its_probe_counts_nothing() {
    let rig = half_open();
    let mut probe = Box::pin(rig.breaker.call_async(async {
        let nested = rig.breaker.call_async(pending::<Result<(), Down>>());
        nested.await.map_err(|_| Down)
    }));
    assert!(poll_once(&mut probe).is_pending());
    assert_eq!(counted(&rig.breaker), [0, 0, 0, 0, 1]);
    drop(probe);
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::HalfOpen, [0, 0, 0, 1, 0]));
}

/// Panics when it is polled.
fn boom() -> impl Future<Output = Result<(), Down>> {
    poll_fn(|_| panic!("boom"))
}

#[test]
fn a_panic_in_a_nested_call_is_one_failure_of_the_probe() {
    let rig = half_open();
    let nested = AssertUnwindSafe(|| {
        rig.breaker.call(|| rig.breaker.call(|| -> Result<(), Down> { panic!("boom") }).map_err(|_| Down))
    });
    assert!(catch_unwind(nested).is_err());
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::Open, [0, 1, 0, 0, 0]));
    // A panic leaves no frame behind, in any kind of probe.
    rig.calls("X");
    rig.wait(5.0);
    let polling = AssertUnwindSafe(|| block_on(rig.breaker.call_async(boom())));
    assert!(catch_unwind(polling).is_err());
    rig.calls("X");
    rig.wait(5.0);
    let running = AssertUnwindSafe(|| {
        let permit = rig.breaker.try_acquire().expect("a probe");
        block_on(permit.run(boom()))
    });
    assert!(catch_unwind(running).is_err());
    rig.calls("X");
    rig.assert_identity();
}

#[test]
fn a_nested_call_that_outlives_its_probe_stays_uncounted() {
    let rig = half_open();
    let open = Cell::new(false);
    let mut nested = Box::pin(rig.breaker.call_async(async {
        gate(&open).await?;
        Err::<(), _>(Down)
    }));
    let result = rig.breaker.call(|| {
        assert!(poll_once(&mut nested).is_pending());
        ok()
    });
    assert_eq!((result, rig.state()), (Ok(()), State::Closed));
    open.set(true);
    assert_eq!(poll_once(&mut nested), Poll::Ready(Err(CallError::Inner(Down))));
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 0, 0, 0]));
    rig.assert_identity();
}

#[test]
fn within_a_probe_that_is_late_a_call_is_an_ordinary_one() {
    // The lease has lapsed, so the circuit is open again.
    let rig = half_open();
    let result = rig.breaker.call(|| {
        rig.wait(10.0);
        assert!(rig.breaker.peek().is_err());
        rig.calls("X");
        // After this, the nested call is a probe of the next generation.
        rig.wait(5.0);
        rig.calls("S");
        assert_eq!(rig.state(), State::Closed);
        ok()
    });
    assert_eq!((result, counted(&rig.breaker)), (Ok(()), [2, 0, 1, 0, 0]));
    assert_eq!(rig.breaker.metrics().late, 1);
    rig.assert_identity();
    // Nothing has read the state since the lease lapsed; the open period after it has ended, too.
    let rig = half_open();
    let result = rig.breaker.call(|| {
        rig.wait(15.0);
        assert_eq!(rig.breaker.peek(), Ok(()));
        let next = rig.breaker.try_acquire().expect("a probe of its own");
        assert!(next.is_probe());
        next.failure();
        ok()
    });
    assert_eq!((result, rig.state()), (Ok(()), State::Open));
    // Another probe has failed in the meantime.
    let two = Config::builder().consecutive_failures(1).open_timeout(s(5.0)).success_threshold(2);
    let rig = breaker_tests::rig(two.build());
    rig.calls("F");
    rig.wait(5.0);
    let other = rig.breaker.try_acquire().expect("one of two");
    let result = rig.breaker.call(|| {
        other.failure();
        rig.calls("X");
        ok()
    });
    assert_eq!((result, rig.state()), (Ok(()), State::Open));
    // The circuit was closed in the meantime, so nested calls are counted.
    let rig = half_open();
    let result = rig.breaker.call(|| {
        rig.breaker.reset();
        rig.calls("SF X");
        ok()
    });
    assert_eq!((result, counted(&rig.breaker)), (Ok(()), [2, 1, 1, 0, 0]));
}

#[test]
fn a_mode_that_is_set_within_a_probe_decides_about_the_calls_after_it() {
    for (mode, letters, expected) in
        [(Mode::ForcedOpen, "X", [1, 0, 1, 0, 0]), (Mode::ForcedClosed, "SF", [2, 1, 0, 0, 0])]
    {
        let rig = half_open();
        let result = rig.breaker.call(|| {
            rig.breaker.set_mode(mode);
            rig.calls(letters);
            ok()
        });
        assert_eq!((result, counted(&rig.breaker)), (Ok(()), expected), "{mode:?}");
        rig.assert_identity();
    }
}

#[test]
fn in_shadow_mode_a_nested_call_is_a_part_of_its_probe_and_of_nothing_else() {
    let rig = half_open();
    rig.breaker.set_mode(Mode::Shadow);
    let result = rig.breaker.call(|| {
        rig.calls("SF");
        ok()
    });
    assert_eq!((result, rig.state()), (Ok(()), State::Closed));
    let m = rig.breaker.metrics();
    assert_eq!((counted(&rig.breaker), m.would_reject), ([1, 0, 0, 0, 0], 0));
    // A call that would have been rejected, but that shadow mode admits, is not a probe.
    rig.calls("F");
    let result = rig.breaker.call(|| {
        rig.calls("S");
        ok()
    });
    assert_eq!((result, rig.breaker.metrics().would_reject), (Ok(()), 2));
    rig.assert_identity();
}

#[test]
fn a_probe_that_pends_many_times_leaves_no_frame_behind() {
    let (clock, time) = Clock::manual();
    let breaker = CircuitBreaker::with_clock("many", config(true), clock);
    for _ in 0..100 {
        let _ = breaker.call(|| Err::<(), _>(Down));
        time.advance(s(5.0));
        let polls = Cell::new(0);
        let probe = async {
            poll_fn(|_| {
                polls.set(polls.get() + 1);
                if polls.get() < 5 { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            ok()
        };
        assert_eq!(block_on(breaker.call_async(probe)), Ok(()));
    }
    assert_eq!((breaker.metrics().successes, breaker.metrics().failures), (100, 100));
}
