use breaker_core::{CircuitBreakerError, circuit_breaker};

#[derive(Debug, PartialEq)]
enum Fault {
    Busy(String),
    Own,
}

fn busy(error: CircuitBreakerError) -> Fault {
    Fault::Busy(error.to_string())
}

#[circuit_breaker(service = "mapped", consecutive_failures = 1, map_error = busy)]
fn by_path() -> Result<(), Fault> {
    Err(Fault::Own)
}

#[circuit_breaker(service = "mapped", map_error = |error: CircuitBreakerError| Fault::Busy(error.service().into()))]
async fn by_closure() -> Result<(), Fault> {
    Err(Fault::Own)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(by_path(), Err(Fault::Own));
    assert!(matches!(by_path(), Err(Fault::Busy(text)) if text.contains("mapped")));
    assert_eq!(by_closure().await, Err(Fault::Busy("mapped".into())));
}
