//! The body of a server's response: the handler's, or that of the problem in its place.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response of [`ServerService`](crate::ServerService): that of the inner service, unchanged, or a
    /// [`Problem`](crate::Problem). It is not boxed.
    pub struct ServerBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<B> {
        Inner { #[pin] body: B },
        // `None` once it is sent.
        Problem { text: Option<Bytes> },
    }
}

impl<B> ServerBody<B> {
    #[inline]
    pub(super) fn inner(body: B) -> Self {
        Self { kind: Kind::Inner { body } }
    }
}

impl<B: Default> Default for ServerBody<B> {
    fn default() -> Self {
        Self::inner(B::default())
    }
}

impl<B> From<Bytes> for ServerBody<B> {
    fn from(text: Bytes) -> Self {
        Self { kind: Kind::Problem { text: Some(text) } }
    }
}

impl<B: Body<Data: From<Bytes>>> Body for ServerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.project().kind.project() {
            KindProjection::Inner { body } => body.poll_frame(cx),
            KindProjection::Problem { text } => {
                Poll::Ready(text.take().map(|text| Ok(Frame::data(B::Data::from(text)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Problem { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            Kind::Problem { text } => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| u64::try_from(text.len()).unwrap_or(u64::MAX)))
            }
        }
    }
}

impl<B> fmt::Debug for ServerBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Inner { .. } => "Inner",
            Kind::Problem { .. } => "Problem",
        };
        f.debug_tuple("ServerBody").field(&kind).finish()
    }
}
