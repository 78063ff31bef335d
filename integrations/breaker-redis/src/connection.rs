//! A connection manager that doesn't keep its callers waiting, and leaves a server that has become a replica.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, Pipeline, RedisError, RedisFuture, ServerErrorKind, Value};

/// A connection that is made again when it breaks, for [`Guarded`](crate::Guarded). It is redis'
/// [`ConnectionManager`] with three differences:
///
/// - A reconnection is tried once, not seven times. All commands wait for it, so retries would keep each of them waiting
///   for seconds. When to try again is the breaker's decision.
/// - There is no limit of 500 ms for answers, which would cut off `BLPOP` and lose the item. The breaker's
///   `request_timeout` limits the other commands. If your breaker has none, set a limit with
///   [`with_config`](Self::with_config).
/// - After `READONLY` or `MASTERDOWN`, the next command uses a new connection. A former master that has become a replica
///   keeps its connections open, so a manager would write to it for ever, and the circuit could not close. With a new
///   connection, the name is resolved again.
///
/// ```no_run
/// use breaker_redis::{Connection, Guarded};
/// use redis::AsyncCommands;
///
/// # fn main() -> redis::RedisResult<()> {
/// let client = redis::Client::open("redis://cache.internal/")?;
/// // Connects with the first command.
/// let mut connection = Guarded::new("sessions", Connection::new(client)?);
/// # let _ = connection;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connection {
    manager: ConnectionManager,
    /// The version of the manager.
    version: u64,
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    config: ConnectionManagerConfig,
    /// Raised with each new manager. Read for each command, so that the lock is taken only after a change.
    version: AtomicU64,
    manager: Mutex<ConnectionManager>,
}

impl Connection {
    /// Creates a connection. It connects with the first command, within a second.
    ///
    /// # Errors
    /// Returns the manager's error.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(client: Client) -> Result<Self, RedisError> {
        Self::with_config(client, ConnectionManagerConfig::new().set_response_timeout(None))
    }

    /// Creates a connection with this configuration, except for its number of retries, which is 0.
    ///
    /// # Errors
    /// Returns the manager's error.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn with_config(client: Client, config: ConnectionManagerConfig) -> Result<Self, RedisError> {
        let config = config.set_number_of_retries(0);
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config.clone())?;
        let shared = Shared { client, config, version: AtomicU64::new(0), manager: Mutex::new(manager.clone()) };
        Ok(Self { manager, version: 0, shared: Arc::new(shared) })
    }

    /// Takes the present manager, if another handle has replaced this one's.
    fn refresh(&mut self) {
        // Acquire: pairs with the Release in `replace`. The lock orders the manager itself.
        if self.shared.version.load(Ordering::Acquire) != self.version {
            let manager = self.shared.manager.lock().unwrap_or_else(PoisonError::into_inner);
            self.manager = manager.clone();
            // Relaxed: it changes only under the lock.
            self.version = self.shared.version.load(Ordering::Relaxed);
        }
    }

    /// Replaces the manager, unless another handle has done that already.
    fn replace(&mut self) {
        let shared = &*self.shared;
        let mut manager = shared.manager.lock().unwrap_or_else(PoisonError::into_inner);
        // Relaxed: it changes only under the lock.
        if shared.version.load(Ordering::Relaxed) != self.version {
            return;
        }
        // It connects with its first command. The configuration has been accepted before, so it is now.
        if let Ok(new) = ConnectionManager::new_lazy_with_config(shared.client.clone(), shared.config.clone()) {
            *manager = new;
            // Release: pairs with the Acquire in `refresh`.
            shared.version.store(self.version + 1, Ordering::Release);
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            self.refresh();
            let result = self.manager.req_packed_command(command).await;
            let is_replica = match &result {
                Ok(value) => says_replica(value),
                Err(error) => is_replica(error),
            };
            if is_replica {
                self.replace();
            }
            result
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            self.refresh();
            let result = self.manager.req_packed_commands(pipeline, offset, count).await;
            let is_replica = match &result {
                Ok(values) => values.iter().any(says_replica),
                Err(error) => is_replica(error),
            };
            if is_replica {
                self.replace();
            }
            result
        })
    }

    fn get_db(&self) -> i64 {
        self.manager.get_db()
    }
}

fn says_replica(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if is_replica_kind(error.kind()))
}

/// Whether the error is that of a replica, also inside an aborted transaction.
fn is_replica(error: &RedisError) -> bool {
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| errors.iter().any(|(_, error)| is_replica_kind(error.kind())))
}

fn is_replica_kind(kind: Option<ServerErrorKind>) -> bool {
    matches!(kind, Some(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("manager", &self.manager).finish_non_exhaustive()
    }
}
