use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::fmt::Display;

#[circuit_breaker(service = "s")]
async fn generic<'a, T, const N: usize>(value: &'a [T; N]) -> Result<&'a T, Down>
where
    T: Display + Sync,
{
    value.first().ok_or(Down)
}

#[circuit_breaker(service = "s", fallback = |_| Ok(other.to_string()))]
fn bounded<T: Display, U>(value: T, other: U) -> Result<String, Down>
where
    U: Display + Clone,
{
    let text = value.to_string();
    drop(other);
    if text.is_empty() { Err(Down) } else { Ok(text) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(generic(&[1, 2]).await, Ok(&1));
    assert_eq!(bounded("", 5).as_deref(), Ok("5"));
}
