//! A client whose `Ok` may hold an error: an HTTP response with a status of 5xx is a failure of the service.

use breaker_core::{CircuitBreakerError, Outcome, Registry, State, circuit_breaker};

/// Stands for the response type of an HTTP client.
#[derive(Debug)]
struct Response {
    status: u16,
}

#[derive(Debug)]
enum ClientError {
    Connect,
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for ClientError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

fn by_status(result: &Result<Response, ClientError>) -> Outcome {
    match result {
        Ok(response) if response.status >= 500 => Outcome::Failure,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Failure,
    }
}

#[circuit_breaker(service = "billing", consecutive_failures = 3, classify = by_status)]
async fn invoice(number: u32) -> Result<Response, ClientError> {
    match number {
        0 => Err(ClientError::Connect),
        404 => Ok(Response { status: 404 }),
        _ => Ok(Response { status: 503 }),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let billing = Registry::global().get("billing").expect("named by the attribute");
    for number in [404, 0, 1, 2] {
        // The caller gets the response as it is, also if it counts as a failure.
        println!("{number}: {:?}", invoice(number).await);
    }
    assert_eq!(billing.state(), State::Open);
    match invoice(404).await {
        Err(ClientError::Breaker(error)) => println!("{error}"),
        other => panic!("{other:?}"),
    }
}
