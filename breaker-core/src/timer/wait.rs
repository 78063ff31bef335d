//! Waiting for a moment, or for a new configuration if that comes first: what runs in the background obeys it at once.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::Timer;
use crate::clock::Clock;
use crate::event::EventKind;
use crate::hub::EventStream;

/// True when the moment has come, false if a configuration has changed before.
pub(crate) async fn moment(clock: &Clock, at: u64, events: &mut EventStream) -> bool {
    let mut timer = pin!(Timer::new(clock, at));
    let mut changed = pin!(reconfigured(events));
    poll_fn(|cx| {
        // First, so that what has just been switched off is not done once more.
        if changed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        timer.as_mut().poll(clock, cx).map(|()| true)
    })
    .await
}

/// The task that waits holds the breaker or the registry that sends the events.
pub(crate) async fn reconfigured(events: &mut EventStream) {
    let missed = events.missed();
    while let Some(event) = events.recv().await {
        // Among those that are lost there may have been one.
        if matches!(event.kind, EventKind::Reconfigured { .. }) || events.missed() > missed {
            return;
        }
    }
    std::future::pending::<()>().await;
}
