//! A stream that owns its permit.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::deadline::{Deadline, DeadlineSlot};
use crate::error::CallError;
use crate::outcome::{ByResult, Classify, Outcome};
use crate::permit::Permit;

pin_project! {
    /// A stream under a permit: see [`Permit::stream`].
    #[must_use = "streams do nothing unless they are polled"]
    pub struct PermitStream<S, C = ByResult> {
        // `None` once the call is judged.
        permit: Option<Permit>,
        deadline: DeadlineSlot,
        timeout: Option<Duration>,
        to_the_end: bool,
        #[pin]
        stream: Option<S>,
        classifier: C,
    }
}

impl Permit {
    /// Runs a stream under this permit. Its first item says how the call ended: `Ok` is a success, `Err` a failure, and so
    /// is a panic before it; a stream that ends without an item is a success. Dropped before its first item, the call is
    /// abandoned. With a `request_timeout` the first item has to come within it; otherwise the stream gives the breaker's
    /// timeout, and ends.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    /// use futures::{StreamExt, stream};
    ///
    /// # futures::executor::block_on(async {
    /// let breaker = CircuitBreaker::new("rows", Config::default());
    /// let rows = stream::iter([Ok(1), Ok(2), Err("connection reset")]);
    /// let rows = breaker.try_acquire()?.stream(rows).judged_at_end();
    /// assert_eq!(rows.collect::<Vec<_>>().await.len(), 3);
    /// assert_eq!(breaker.metrics().failures, 1);
    /// # Ok::<(), breaker_core::Rejection>(())
    /// # }).unwrap();
    /// ```
    pub fn stream<T, E, S: Stream<Item = Result<T, E>>>(self, stream: S) -> PermitStream<S> {
        self.stream_classified(stream, ByResult)
    }

    /// The same; `classifier` says what an item means to the circuit.
    pub fn stream_classified<T, E, S, C>(self, stream: S, classifier: C) -> PermitStream<S, C>
    where
        S: Stream<Item = Result<T, E>>,
        C: Classify<Result<T, E>>,
    {
        PermitStream {
            permit: Some(self.held()),
            deadline: DeadlineSlot::empty(),
            timeout: None,
            to_the_end: false,
            stream: Some(stream),
            classifier,
        }
    }
}

impl<S, C> PermitStream<S, C> {
    /// Judges the call by the whole stream: the first item that is no success is how it ended; without one it is a success
    /// at its end. The time that the call takes, and its `request_timeout`, are those of the whole stream then. Dropped
    /// before its end, the call is abandoned.
    pub fn judged_at_end(self) -> Self {
        Self { to_the_end: true, ..self }
    }

    /// How long the call may take until it is judged, from its admission on, in place of the service's `request_timeout`.
    /// It has to be set before the first poll.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

impl<T, E, S, C> Stream for PermitStream<S, C>
where
    S: Stream<Item = Result<T, E>>,
    C: Classify<Result<T, E>>,
{
    type Item = Result<T, CallError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        let Some(stream) = this.stream.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        // A panic from here on drops the permit, as a failure of the call.
        let permit = this.permit.take().map(Permit::in_use);
        match (stream.poll_next(cx), permit) {
            (Poll::Pending, Some(permit)) => {
                let Some(error) = Deadline::check(this.deadline, &permit, *this.timeout, cx) else {
                    *this.permit = Some(permit.held());
                    return Poll::Pending;
                };
                permit.time_out();
                this.stream.set(None);
                Poll::Ready(Some(Err(CallError::Breaker(error))))
            }
            (Poll::Pending, None) => Poll::Pending,
            (Poll::Ready(Some(item)), permit) => {
                if let Some(permit) = permit {
                    let outcome = this.classifier.classify(&item);
                    if *this.to_the_end && outcome == Outcome::Success {
                        *this.permit = Some(permit.held());
                    } else {
                        permit.record(outcome);
                    }
                }
                Poll::Ready(Some(item.map_err(CallError::Inner)))
            }
            (Poll::Ready(None), permit) => {
                this.stream.set(None);
                if let Some(permit) = permit {
                    permit.success();
                }
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint);
        // A timeout takes the place of what would have come.
        (if self.permit.is_some() { least.min(1) } else { least }, most.map(|most| most.max(1)))
    }
}

impl<S, C> fmt::Debug for PermitStream<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitStream").field("permit", &self.permit).finish_non_exhaustive()
    }
}
