//! A constant for each key of the attribute, with its documentation, from which editors complete keys.

#![allow(non_upper_case_globals, reason = "each has the name of a key")]

macro_rules! names {
    ($(#[doc = $meaning:expr] $key:ident;)+) => { $(name! { #[doc = $meaning] $key })+ };
}

macro_rules! name {
    // `crate` can't be the name of an item.
    (#[doc = $meaning:expr] crate) => {};
    (#[doc = $meaning:expr] $key:ident) => {
        #[doc = $meaning]
        pub const $key: () = ();
    };
}

breaker_keys::all_keys! { names }
