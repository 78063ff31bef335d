use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s")]
use std::fmt;

fn main() {
    let _: fmt::Result = Ok(());
}
