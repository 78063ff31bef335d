//! The next item of a stream.

use std::future::poll_fn;

use futures_core::stream::BoxStream;

pub(crate) async fn next<T>(stream: &mut BoxStream<'_, T>) -> Option<T> {
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}
