//! A name for each key of the attribute, with its documentation: what an editor completes a key from that is half written.

#![allow(non_upper_case_globals, reason = "each has the name of a key")]

macro_rules! names {
    ($(#[doc = $meaning:expr] $key:ident;)+) => { $(name! { #[doc = $meaning] $key })+ };
}

macro_rules! name {
    // Not a name that an item could have.
    (#[doc = $meaning:expr] crate) => {};
    (#[doc = $meaning:expr] $key:ident) => {
        #[doc = $meaning]
        pub const $key: () = ();
    };
}

breaker_keys::all_keys! { names }
