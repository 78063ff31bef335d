//! Waiting for a time, or until the configuration changes, so that background tasks apply a new configuration at once.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::Timer;
use crate::clock::Clock;
use crate::event::EventKind;
use crate::hub::EventStream;

/// Returns true when the time has come, false if a configuration changed first.
pub(crate) async fn moment(clock: &Clock, at: u64, events: &mut EventStream) -> bool {
    let mut timer = pin!(Timer::new(clock, at));
    let mut changed = pin!(reconfigured(events));
    poll_fn(|cx| {
        // Polled first, so that a task that was just switched off doesn't run once more.
        if changed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        timer.as_mut().poll(clock, cx).map(|()| true)
    })
    .await
}

/// Waits for a changed configuration. The task must hold the breaker or registry that sends the events.
pub(crate) async fn reconfigured(events: &mut EventStream) {
    let missed = events.missed();
    while let Some(event) = events.recv().await {
        // A missed event may have been one.
        if event.kind == EventKind::Reconfigured || events.missed() > missed {
            return;
        }
    }
    std::future::pending::<()>().await;
}
