#![deny(warnings, clippy::pedantic)]
#![allow(missing_docs, clippy::missing_errors_doc, clippy::must_use_candidate, clippy::unnecessary_wraps, clippy::needless_pass_by_value)]
//! A word in a closure is a parameter only if it is a value. Otherwise nothing is cloned, moved or reported as unused.

use breaker_core::{CircuitBreakerError, circuit_breaker};

#[derive(Debug, PartialEq)]
pub struct Fault;

impl Fault {
    pub fn id(&self) -> u32 {
        1
    }
}

impl From<CircuitBreakerError> for Fault {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}

pub struct NotClone(pub u32);

pub struct Named {
    pub id: u32,
}

pub mod other {
    pub fn id<T>() -> u32 {
        3
    }
}

fn helper(id: u32) -> u32 {
    id
}

fn parse(text: &str) -> usize {
    text.len()
}

#[circuit_breaker(service = "s", fallback = |error| { println!("{}", error.id()); Err(error) })]
pub fn method(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| { let id = error.id(); println!("{id}"); Err(error) })]
pub async fn bound_inside(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| { println!("id is {{id}}, {{}} /id/{}", 1); Err(error) })]
pub async fn text(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| { println!("{}", parse(r#"{"id": 1} {id}"#)); Err(error) })]
pub async fn json(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| { let named = Named { id: 3 }; println!("{}", named.id); Err(error) })]
pub async fn field(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| { println!("{}", other::id::<u8>()); Err(error) })]
pub async fn path(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| Some(7).map(|id| id + 1).ok_or(error))]
pub async fn nested_closure(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

#[circuit_breaker(service = "s", fallback = |error| { println!("{id}", id = error.id()); Err(error) })]
pub async fn named_argument(id: NotClone) -> Result<u32, Fault> {
    Ok(id.0)
}

impl NotClone {
    #[circuit_breaker(service = "s", fallback = |error| { use std::fmt::{self}; let _: Result<(), fmt::Error> = Ok(()); self::helper(error.id()); Err(error) })]
    pub fn module_not_self(self) -> Result<u32, Fault> {
        Ok(self.0)
    }

    #[circuit_breaker(service = "s", fallback = |error| { self.0 += 1; println!("{}", self.0); Err(error) })]
    pub fn body_with_self_as_a_module(&mut self) -> Result<u32, Fault> {
        use std::fmt::{self, Write as _};
        let mut text = String::new();
        let written: fmt::Result = write!(text, "{self} {{self}}");
        written.map_err(|_| Fault)?;
        self.0 += 1;
        Ok(self::helper(self.0))
    }
}

impl std::fmt::Display for NotClone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn main() {
    assert_eq!(method(NotClone(2)), Ok(2));
    assert_eq!(NotClone(2).module_not_self(), Ok(2));
    assert_eq!(NotClone(2).body_with_self_as_a_module(), Ok(3));
}
