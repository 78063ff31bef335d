//! The first call of an annotated function. In a binary of its own, because any access to the global registry by
//! another test would come first.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use breaker_core::{CallError, Config, Registry, State, circuit_breaker};

#[circuit_breaker(service = "audited", failure_threshold = 3, map_error = |_| ())]
fn audited_read() -> Result<(), ()> {
    Ok(())
}

#[circuit_breaker(service = "audited", failure_threshold = 4, map_error = |_| ())]
fn audited_write() -> Result<(), ()> {
    Ok(())
}

/// A listener may call the service of its event, here at the first call of the process. The global registry uses a
/// manual clock.
#[test]
fn a_listener_may_call_the_function_whose_first_call_it_hears_of() {
    let time = Registry::manual_clock();
    let (heard, hears) = channel();
    Registry::global().on_event(move |event| {
        if event.service == Some("audited") {
            let _ = heard.send(audited_write().and_then(|()| audited_read()));
        }
    });
    let (done, ends) = channel();
    // On another thread, so that a call that never returns fails the test.
    thread::spawn(move || done.send(audited_write()));
    assert_eq!(ends.recv_timeout(Duration::from_secs(20)), Ok(Ok(())), "the call has returned");
    assert_eq!(hears.try_recv(), Ok(Ok(())), "the conflict was announced");
    let audited = Registry::global().get("audited").expect("called");
    audited.reconfigure(
        Config::builder().consecutive_failures(1).open_timeout(Duration::from_secs(9)).build().expect("valid"),
    );
    assert_eq!(audited.call(|| Err::<(), _>("down")), Err(CallError::Inner("down")));
    assert_eq!(audited.state(), State::Open);
    time.advance(Duration::from_secs(9));
    assert_eq!(audited.state(), State::HalfOpen, "the global registry is on the manual clock");
}
