//! Functions whose error type borrows or is generic compile as without `test-util`; where the type is known, an error can be
//! injected.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Display;

use breaker_core::{CircuitBreakerError, Fault, Registry, circuit_breaker};
use breaker_tests::block_on;

use super::panic_of;

#[derive(Debug, PartialEq)]
struct Borrowed<'a>(&'a str);

impl From<CircuitBreakerError> for Borrowed<'_> {
    fn from(_: CircuitBreakerError) -> Self {
        Self("rejected")
    }
}

/// Not covariant.
struct Invariant<'a>(Cell<&'a str>);

impl From<CircuitBreakerError> for Invariant<'_> {
    fn from(_: CircuitBreakerError) -> Self {
        Self(Cell::new("rejected"))
    }
}

#[allow(
    elided_lifetimes_in_paths,
    mismatched_lifetime_syntaxes,
    reason = "users write so, and the macro sees no lifetime"
)]
mod hidden {
    use super::Borrowed;
    use breaker_core::circuit_breaker;

    #[circuit_breaker(service = "hidden")]
    pub(super) fn plain(text: &str) -> Result<u8, Borrowed> {
        text.parse().map_err(|_| Borrowed(text))
    }

    #[circuit_breaker(service = "hidden")]
    pub(super) async fn waits(text: &str) -> Result<&str, Borrowed> {
        std::future::ready(()).await;
        if text.is_empty() { Err(Borrowed(text)) } else { Ok(text) }
    }
}

#[test]
fn an_error_whose_lifetime_is_not_written() {
    let text = String::from("x");
    assert_eq!((hidden::plain(&text), block_on(hidden::waits(&text))), (Err(Borrowed("x")), Ok("x")));
    let scope = Registry::scope();
    scope.inject("hidden", Fault::error(|| Borrowed("injected")));
    assert_eq!(hidden::plain(&text), Err(Borrowed("injected")));
    assert_eq!(block_on(hidden::waits(&text)), Err(Borrowed("injected")));
}

#[circuit_breaker(service = "written")]
fn written<'a>(text: &'a str) -> Result<u8, Borrowed<'a>> {
    text.parse().map_err(|_| Borrowed(text))
}

#[circuit_breaker(service = "written")]
async fn invariant(text: &str) -> Result<u8, Invariant<'_>> {
    text.parse().map_err(|_| Invariant(Cell::new(text)))
}

#[circuit_breaker(service = "written")]
fn generic<Failure: From<CircuitBreakerError> + Display>(error: Failure) -> Result<u8, Failure> {
    Err(error)
}

struct Of<E>(Cell<Option<E>>);

trait Client {
    type Error: From<CircuitBreakerError>;
    fn get(&self) -> Result<u8, Self::Error>;
}

impl<E: From<CircuitBreakerError>> Client for Of<E> {
    type Error = E;

    #[circuit_breaker(service = "written")]
    fn get(&self) -> Result<u8, Self::Error> {
        self.0.take().map_or(Ok(1), Err)
    }
}

impl<E: From<CircuitBreakerError>> Of<E> {
    #[circuit_breaker(service = "written")]
    async fn take(&self) -> Result<u8, E> {
        self.0.take().map_or(Ok(1), Err)
    }
}

#[test]
fn an_error_whose_lifetime_is_written_or_that_is_generic() {
    let text = String::from("x");
    assert_eq!(written(&text), Err(Borrowed("x")));
    assert_eq!(block_on(invariant(&text)).map_err(|error| error.0.get()), Err("x"));
    assert!(generic(CircuitBreakerError::timed_out("s", std::time::Duration::ZERO)).is_err());
    assert_eq!(
        (Of::<Borrowed<'_>>(Cell::new(None)).get(), block_on(Of::<Borrowed<'_>>(Cell::new(None)).take())),
        (Ok(1), Ok(1))
    );
    let scope = Registry::scope();
    scope.inject("written", Fault::error(|| Borrowed("injected")));
    let message = panic_of(|| written(&text));
    assert!(message.contains("borrows or is generic") && message.contains("Borrowed"), "{message}");
}

type Boxed = Box<dyn Error + Send + Sync>;

#[circuit_breaker(service = "known")]
fn value_borrows<'a, T: Display>(text: &'a str, _: T) -> Result<&'a str, Boxed> {
    Ok(text)
}

#[circuit_breaker(service = "known")]
async fn value_is_opaque(text: &str) -> Result<impl Display + '_, Box<dyn Error + Send + Sync>> {
    Ok(text)
}

#[circuit_breaker(service = "known")]
fn value_is_generic<T>(value: T) -> Result<T, Boxed> {
    Ok(value)
}

type Answer<T> = Result<T, Boxed>;

#[circuit_breaker(service = "known")]
async fn by_an_alias(text: &str) -> Answer<u8> {
    Ok(text.parse()?)
}

#[test]
fn a_value_may_be_anything() {
    let scope = Registry::scope();
    scope.inject("known", Fault::error(|| Boxed::from("injected")));
    assert_eq!(value_borrows("a", 1).expect_err("injected").to_string(), "injected");
    assert_eq!(block_on(value_is_opaque("a")).err().expect("injected").to_string(), "injected");
    assert_eq!(value_is_generic(Cell::new(1)).expect_err("injected").to_string(), "injected");
    assert_eq!(block_on(by_an_alias("7")).expect_err("injected").to_string(), "injected");
}
