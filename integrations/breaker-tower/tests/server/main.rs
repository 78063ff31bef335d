//! `ServerLayer`: what a client gets, what counts, and what disconnects, attacks and long answers leave behind.

mod answers;
mod attacks;
mod bodies;
mod counting;
mod disconnects;
mod http2;
mod long_answers;
mod readiness;
mod support;
