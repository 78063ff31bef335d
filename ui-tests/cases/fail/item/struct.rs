use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s")]
struct Client;

fn main() {}
