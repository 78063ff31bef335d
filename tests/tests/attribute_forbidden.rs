//! Lints that a crate may forbid. Generated code must not `allow` them, which would be an error, and must not trigger
//! them.

#![forbid(
    unreachable_code,
    unused_assignments,
    unused_braces,
    unused_must_use,
    unused_mut,
    unused_parens,
    unused_variables,
    clippy::empty_loop,
    clippy::let_unit_value,
    clippy::needless_return,
    clippy::redundant_closure,
    clippy::redundant_closure_for_method_calls
)]

use std::pin::Pin;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use breaker_tests::block_on;

type Name = Result<String, CircuitBreakerError>;

fn spare(error: CircuitBreakerError) -> Name {
    Err(error)
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback has this shape")]
fn spare_of(first: String, second: String, count: &mut u32, _: CircuitBreakerError) -> Name {
    *count += 1;
    Ok(first + &second)
}

#[circuit_breaker(service = "forbidden")]
fn captures(first: String, mut second: String) -> Name {
    second.push_str(&first);
    Ok(second)
}

#[circuit_breaker(service = "forbidden")]
async fn captures_later(first: String, mut second: String, _third: String) -> Name {
    second.push_str(&first);
    Ok(second)
}

#[circuit_breaker(service = "forbidden", fallback = spare_of)]
fn leaves_to_a_path(first: String, second: String, count: &mut u32) -> Name {
    Ok(first + &second)
}

#[circuit_breaker(service = "forbidden", fallback = spare_of)]
async fn leaves_to_a_path_later(first: String, _second: String, _count: &mut u32) -> Name {
    Ok(first)
}

#[circuit_breaker(service = "forbidden", fallback = |error| { first.clear(); *count += 1; count = spare_count; spare(error) })]
fn changes_in_a_closure(mut first: String, mut count: &mut u32, spare_count: &mut u32) -> Name {
    *count += 1;
    Ok(first)
}

#[circuit_breaker(service = "forbidden", fallback = |error| spare(error))]
async fn calls_in_a_closure(first: String) -> Name {
    Ok(first)
}

#[circuit_breaker(service = "forbidden", ignore_if = |error| matches!(error, CircuitBreakerError::TimedOut { .. }))]
fn judges(first: String) -> Name {
    Ok(first)
}

#[circuit_breaker(service = "forbidden", fallback = spare_of_some)]
fn has_a_condition(first: String, #[cfg(any())] second: String) -> Name {
    Ok(first)
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback has this shape")]
fn spare_of_some(first: String, _: CircuitBreakerError) -> Name {
    Ok(first)
}

#[circuit_breaker(service = "forbidden")]
fn opaque(first: String, mut second: String) -> impl Future<Output = Name> {
    second.push_str(&first);
    async move { Ok(second) }
}

#[circuit_breaker(service = "forbidden", fail_fast = false)]
fn boxed(first: String, mut second: String) -> Pin<Box<dyn Future<Output = Name>>> {
    second.push_str(&first);
    Box::pin(async move { Ok(second) })
}

#[track_caller]
#[circuit_breaker(service = "forbidden", fallback = |error| { first.clear(); spare(error) })]
fn tracked(mut first: String) -> Name {
    Ok(first)
}

/// The body's braces come from the place where the macro is called.
macro_rules! with_body {
    ($(async $later:ident, $plain:ident $body:block)*) => { $(
        #[circuit_breaker(service = "forbidden")]
        async fn $later() -> Name $body

        #[circuit_breaker(service = "forbidden")]
        fn $plain() -> Name $body
    )* };
}

with_body! {
    async body_later, body { Ok(String::new()) }
}

#[test]
fn a_crate_may_forbid_what_generated_code_might_do() {
    let text = || "a".to_owned();
    let (mut count, mut other) = (0, 0);
    assert_eq!(captures(text(), text()).as_deref(), Ok("aa"));
    assert_eq!(block_on(captures_later(text(), text(), text())).as_deref(), Ok("aa"));
    assert_eq!(leaves_to_a_path(text(), text(), &mut count).as_deref(), Ok("aa"));
    assert_eq!(block_on(leaves_to_a_path_later(text(), text(), &mut count)).as_deref(), Ok("a"));
    assert_eq!(changes_in_a_closure(text(), &mut count, &mut other).as_deref(), Ok("a"));
    assert_eq!(block_on(calls_in_a_closure(text())).as_deref(), Ok("a"));
    assert_eq!(judges(text()).as_deref(), Ok("a"));
    assert_eq!(has_a_condition(text()).as_deref(), Ok("a"));
    assert_eq!(block_on(opaque(text(), text())).as_deref(), Ok("aa"));
    assert_eq!(block_on(boxed(text(), text())).as_deref(), Ok("aa"));
    assert_eq!(tracked(text()).as_deref(), Ok("a"));
    assert_eq!((block_on(body_later()).as_deref(), body().as_deref()), (Ok(""), Ok("")));
    assert_eq!((count, other), (1, 0));
}
