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
    /// A stream that runs under a permit. Returned by [`Permit::stream`].
    #[must_use = "streams do nothing unless they are polled"]
    pub struct PermitStream<S, C = ByResult> {
        // `None` once the outcome of the call is recorded.
        permit: Option<Permit>,
        deadline: DeadlineSlot,
        timeout: Option<Duration>,
        end: End,
        #[pin]
        stream: Option<S>,
        classifier: C,
    }
}

/// When the outcome of a stream is decided.
#[derive(Clone, Copy, Debug)]
enum End {
    FirstItem,
    /// At the end of the stream. Whether any item so far was ignored, and whether any was a success.
    Last {
        ignored: bool,
        good: bool,
    },
}

impl End {
    /// Whether the call continues after an item with this outcome. Ignored items only matter if there are no others.
    fn follows(&mut self, outcome: Outcome) -> bool {
        let Self::Last { ignored, good } = self else { return false };
        *ignored |= outcome == Outcome::Ignore;
        *good |= outcome == Outcome::Success;
        !outcome.is_failure()
    }

    /// Returns the outcome of a stream that ended before it was decided.
    fn at_last(self) -> Outcome {
        match self {
            Self::Last { ignored: true, good: false } => Outcome::Ignore,
            Self::FirstItem | Self::Last { .. } => Outcome::Success,
        }
    }
}

impl Permit {
    /// Runs a stream under this permit. The first item decides the outcome: `Ok` is a success, `Err` a failure. A panic
    /// before it is a failure; a stream that ends without an item is a success. If the stream is dropped before its
    /// first item, the call is abandoned.
    ///
    /// With a `request_timeout`, the first item has to arrive within that time; otherwise the stream yields the
    /// breaker's timeout and ends.
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

    /// Like [`stream`](Self::stream), but `classifier` decides the outcome of an item. Make one from a closure with
    /// [`classify_fn`](crate::classify_fn) or [`classify_error`](crate::classify_error).
    pub fn stream_classified<T, E, S, C>(self, stream: S, classifier: C) -> PermitStream<S, C>
    where
        S: Stream<Item = Result<T, E>>,
        C: Classify<Result<T, E>>,
    {
        PermitStream {
            permit: Some(self.kept()),
            deadline: DeadlineSlot::empty(),
            timeout: None,
            end: End::FirstItem,
            stream: Some(stream),
            classifier,
        }
    }
}

impl<S, C> PermitStream<S, C> {
    /// Decides the outcome of the call by the whole stream. The first item that is a failure ends the call as a
    /// failure. Otherwise the call is a success when the stream ends, or ignored if all items were ignored.
    ///
    /// The response time, the `request_timeout` and, for a probe, the lease then cover the whole stream. If the stream
    /// is dropped before its end, the call is abandoned.
    pub fn judged_at_end(self) -> Self {
        Self { end: End::Last { ignored: false, good: false }, ..self }
    }

    /// Sets the timeout until the outcome is decided, in place of the service's `request_timeout`. It starts at the
    /// admission if response times are measured, otherwise when the call is first pending. Setting it after the call
    /// was pending has no effect.
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
        // From here on, a panic drops the permit, which counts as a failure of the call.
        let permit = this.permit.take().map(Permit::in_use);
        match (stream.poll_next(cx), permit) {
            (Poll::Pending, Some(permit)) => {
                let mut permit = permit.held();
                let Some(error) = Deadline::check(this.deadline, &permit, (*this.timeout).into(), cx) else {
                    *this.permit = Some(permit);
                    return Poll::Pending;
                };
                permit.time_out();
                this.deadline.clear();
                this.stream.set(None);
                Poll::Ready(Some(Err(CallError::Breaker(error))))
            }
            (Poll::Pending, None) => Poll::Pending,
            (Poll::Ready(Some(item)), permit) => {
                if let Some(permit) = permit {
                    let outcome = this.classifier.classify(&item);
                    if this.end.follows(outcome) {
                        *this.permit = Some(permit.held());
                    } else {
                        permit.record(outcome);
                        this.deadline.clear();
                    }
                }
                Poll::Ready(Some(item.map_err(CallError::Inner)))
            }
            (Poll::Ready(None), permit) => {
                this.stream.set(None);
                if let Some(permit) = permit {
                    permit.record(this.end.at_last());
                    this.deadline.clear();
                }
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint);
        // Until the outcome is decided, a timeout may replace the remaining items or follow them.
        if self.permit.is_none() {
            return (least, most);
        }
        (least.min(1), most.and_then(|most| most.checked_add(1)))
    }
}

impl<S, C> fmt::Debug for PermitStream<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitStream").field("permit", &self.permit).finish_non_exhaustive()
    }
}
