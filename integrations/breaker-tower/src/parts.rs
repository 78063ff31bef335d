//! What a layer and its services share.

/// What a layer and its services share.
#[derive(Clone, Debug)]
pub(crate) struct Parts<B, C, F> {
    pub(crate) select: B,
    pub(crate) classifier: C,
    pub(crate) fallback: F,
    pub(crate) backpressure: bool,
}
