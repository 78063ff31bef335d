//! Outcomes of the results of generated clients.

use breaker_core::Outcome;
use tonic::Status;

use super::Grpc;

/// Classifies the result of a method of a generated tonic client as [`Grpc::new`] does. Feature `tonic`. For the
/// attribute:
///
/// ```
/// use breaker_core::{CircuitBreakerError, Registry, circuit_breaker};
/// use tonic::{Response, Status};
///
/// #[circuit_breaker(
///     service = "greeter",
///     classify = breaker_tower::grpc,
///     map_error = |error: CircuitBreakerError| Status::unavailable(error.to_string()),
/// )]
/// async fn greet(name: &str) -> Result<Response<String>, Status> {
///     // Call the method of a generated client here.
///     Err(Status::internal(format!("can't greet {name}")))
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(greet("Ada").await.unwrap_err().code(), tonic::Code::Internal);
/// assert_eq!(Registry::global().get("greeter").unwrap().metrics().failures, 1);
/// # });
/// ```
pub fn grpc<T>(result: &Result<T, Status>) -> Outcome {
    match result {
        Ok(_) => Outcome::Success,
        // The codes are not negative.
        Err(status) => Grpc::new().of_code(status.code() as u32),
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn statuses_of_generated_clients_count_as_the_table_says() {
        for (code, expected) in [
            (Code::Ok, Outcome::Success),
            (Code::Cancelled, Outcome::Ignore),
            (Code::Unknown, Outcome::Failure),
            (Code::NotFound, Outcome::Success),
            (Code::ResourceExhausted, Outcome::Ignore),
            (Code::Unavailable, Outcome::Failure),
            (Code::Unauthenticated, Outcome::Success),
        ] {
            assert_eq!(grpc(&Err::<(), _>(Status::new(code, ""))), expected, "{code}");
        }
        assert_eq!(grpc(&Ok(())), Outcome::Success);
    }
}
