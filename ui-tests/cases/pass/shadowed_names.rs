#![deny(warnings)]

use ui_tests::Down;

// The expansion is not affected by the names of the user's items.
#[allow(dead_code, non_camel_case_types)]
mod shadows {
    pub struct Result;
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct String;
    pub struct Box;
    pub struct Vec;
    pub struct Future;
    pub struct Duration;
    pub struct From;
    pub struct Into;
    pub struct Clone;
    pub struct Default;
    pub struct Send;
    pub struct Fn;
    pub struct FnOnce;
    pub struct bool;
    pub struct str;
    pub struct u32;
    pub mod std {}
    pub mod core {}
    pub mod alloc {}
    pub mod inventory {}
    pub mod breaker_core {}

    pub fn drop() {}
    pub fn permit() {}
    pub fn error() {}
}

// This file uses none of these names: a use would come from the expansion, and the expectation would fail.
#[expect(unused_imports)]
use shadows::*;

#[allow(non_snake_case)]
fn Ok<T, E>(value: T) -> ::std::result::Result<T, E> {
    ::std::result::Result::Ok(value)
}

#[allow(non_snake_case)]
fn Err<T, E>(error: E) -> ::std::result::Result<T, E> {
    ::std::result::Result::Err(error)
}

#[::breaker_core::circuit_breaker(service = "s", fallback = |_| Ok(kept), ignore_if = |_| false)]
async fn later(permit: i32, kept: i32) -> ::std::result::Result<i32, Down> {
    let error = permit + kept;
    if error == 0 { Ok(error) } else { Err(Down) }
}

#[::breaker_core::circuit_breaker(service = "s", fallback = other)]
fn plain(result: i32, value: i32) -> ::std::result::Result<i32, Down> {
    if result == value { Ok(result) } else { Err(Down) }
}

fn other(result: i32, value: i32, _: Down) -> ::std::result::Result<i32, Down> {
    Ok(result - value)
}

#[::tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(later(1, 2).await.ok(), ::std::option::Option::Some(2));
    assert_eq!(plain(5, 2).ok(), ::std::option::Option::Some(3));
}
