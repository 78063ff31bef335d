//! Answers of a server that is not the master that its client takes it for.

use redis::{RedisError, ServerErrorKind, Value};

/// Whether the answer is that of a replica.
pub(crate) fn says_replica(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if is_replica_kind(error.kind()))
}

/// Whether the error is that of a replica, also inside an aborted transaction.
pub(crate) fn is_replica(error: &RedisError) -> bool {
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| errors.iter().any(|(_, error)| is_replica_kind(error.kind())))
}

fn is_replica_kind(kind: Option<ServerErrorKind>) -> bool {
    matches!(kind, Some(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}
