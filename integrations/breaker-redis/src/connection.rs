//! A connection manager that doesn't keep its callers waiting, and leaves a server that has become a replica.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, Value};

use crate::blocking::{has_blocking, is_blocking};
use crate::replica::{is_replica, says_replica};
use crate::silence::{Silence, Waiting};

/// A connection that is made again when it breaks, for [`Guarded`](crate::Guarded). It is redis'
/// [`ConnectionManager`] with these differences:
///
/// - A reconnection is tried once, not seven times. All commands wait for it, so retries would keep each of them waiting
///   for seconds. When to try again is the breaker's decision.
/// - There is no limit of 500 ms for answers, which would cut off `BLPOP` and lose the item. The breaker's
///   `request_timeout` limits the other commands. If your breaker has none, set a limit with
///   [`with_config`](Self::with_config).
/// - After `READONLY` or `MASTERDOWN`, the next command uses a new connection. A former master that has become a replica
///   keeps its connections open, so a manager would keep writing to it, and the circuit could not close. With a new
///   connection, the name is resolved again.
/// - A reconnection that failed for another reason than I/O, such as a wrong password, is tried again by the next command.
///   The manager would keep returning its error.
/// - After a command that was cancelled after at least 100 ms, with no answer to any command since it was sent, the next
///   command uses a new connection. When packets are lost, so that no end of the connection gets an error, the manager
///   would keep a dead connection for up to a quarter of an hour. Commands that [wait on the server](crate::is_blocking) don't count.
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
    /// `None`: the server has to be found.
    manager: Option<ConnectionManager>,
    /// The version of the manager.
    version: u64,
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    config: ConnectionManagerConfig,
    /// Raised with each change of the manager. Read for each command, so that the lock is taken only after a change.
    version: AtomicU64,
    manager: Mutex<Option<ConnectionManager>>,
    silence: Silence,
}

/// Where to connect.
enum Server {
    At(Client),
    FoundBy(Find),
}

type Find = Box<dyn Fn() -> RedisFuture<'static, Client> + Send + Sync>;

impl Connection {
    /// Creates a connection. It connects with the first command, within a second.
    ///
    /// # Errors
    /// Returns the manager's error.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(client: Client) -> Result<Self, RedisError> {
        Self::with_config(client, Self::config())
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
        Ok(Self::start(Server::At(client), config, Some(manager)))
    }

    /// Creates a connection to the server that `find` returns: for example the master that sentinels know. It is asked
    /// by the first command, and by the next one after each error for which the connection has to be replaced, so also
    /// after the master has failed. Its errors are those of the command.
    ///
    /// ```no_run
    /// use breaker_redis::{Connection, Guarded};
    /// use redis::sentinel::{SentinelClient, SentinelServerType};
    /// use std::sync::Arc;
    /// use tokio::sync::Mutex;
    ///
    /// # async fn run() -> redis::RedisResult<()> {
    /// let sentinels = vec!["redis://sentinel-1.internal:26379/", "redis://sentinel-2.internal:26379/"];
    /// let sentinels = SentinelClient::build(sentinels, "main".to_owned(), None, SentinelServerType::Master)?;
    /// let sentinels = Arc::new(Mutex::new(sentinels));
    /// let connection = Connection::found_by(move || {
    ///     let sentinels = Arc::clone(&sentinels);
    ///     async move { sentinels.lock().await.async_get_client().await }
    /// });
    /// let connection = Guarded::new("sessions", connection);
    /// # let _ = connection;
    /// # Ok(())
    /// # }
    /// ```
    pub fn found_by<F>(find: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Client, RedisError>> + Send + 'static,
    {
        Self::found_by_with_config(find, Self::config())
    }

    /// Like [`found_by`](Self::found_by), with this configuration, except for its number of retries, which is 0.
    pub fn found_by_with_config<F>(
        find: impl Fn() -> F + Send + Sync + 'static,
        config: ConnectionManagerConfig,
    ) -> Self
    where
        F: Future<Output = Result<Client, RedisError>> + Send + 'static,
    {
        let find: Find = Box::new(move || Box::pin(find()));
        Self::start(Server::FoundBy(find), config.set_number_of_retries(0), None)
    }

    fn config() -> ConnectionManagerConfig {
        ConnectionManagerConfig::new().set_response_timeout(None)
    }

    fn start(server: Server, config: ConnectionManagerConfig, manager: Option<ConnectionManager>) -> Self {
        let shared = Shared {
            server,
            config,
            version: AtomicU64::new(0),
            manager: Mutex::new(manager.clone()),
            silence: Silence::default(),
        };
        Self { manager, version: 0, shared: Arc::new(shared) }
    }

    /// Returns the manager of the present server, for a command that waits for its answer from now on.
    async fn manager(&mut self) -> Result<(&mut ConnectionManager, Waiting<'_>), RedisError> {
        // Acquire: pairs with the Release in `change`. The lock orders the manager itself.
        if self.shared.version.load(Ordering::Acquire) != self.version {
            let shared = Arc::clone(&self.shared);
            self.take(shared.lock().as_ref());
        }
        if self.shared.silence.has_begun(self.version) {
            self.replace();
        }
        if self.manager.is_none() {
            let client = match &self.shared.server {
                Server::At(client) => client.clone(),
                Server::FoundBy(find) => find().await?,
            };
            // It connects with its first command.
            let manager = ConnectionManager::new_lazy_with_config(client, self.shared.config.clone())?;
            // Another handle may have been faster.
            self.change(Some(manager), |_, present| present.is_none());
        }
        let manager = self.manager.as_mut().expect("`change` leaves a manager, this one's or that of another handle");
        Ok((manager, self.shared.silence.wait(self.version)))
    }

    /// Changes the manager of all handles, if `is_due` for the present version and manager, and takes the present one.
    fn change(&mut self, to: Option<ConnectionManager>, is_due: impl FnOnce(u64, Option<&ConnectionManager>) -> bool) {
        let shared = Arc::clone(&self.shared);
        let mut manager = shared.lock();
        // Relaxed: it changes only under the lock.
        if is_due(shared.version.load(Ordering::Relaxed), manager.as_ref()) {
            *manager = to;
            // Release: pairs with the Acquire in `manager`.
            shared.version.fetch_add(1, Ordering::Release);
        }
        self.take(manager.as_ref());
    }

    /// Takes the present manager, under its lock.
    fn take(&mut self, manager: Option<&ConnectionManager>) {
        self.manager = manager.cloned();
        // Relaxed: it changes only under the lock.
        self.version = self.shared.version.load(Ordering::Relaxed);
    }

    /// Leaves the connection, if the answer says that it leads to the wrong server, or the error that it can't be used.
    /// The next command makes another one.
    fn leave(&mut self, is_replica: bool, error: Option<&RedisError>) {
        let is_found = matches!(self.shared.server, Server::FoundBy(_));
        let is_useless = |error: &RedisError| is_final(error) || is_found && error.is_unrecoverable_error();
        if is_replica || error.is_some_and(is_useless) {
            self.replace();
        }
    }

    /// Gives the present connection up.
    fn replace(&mut self) {
        let used = self.version;
        // Another handle may have done it already.
        self.change(None, |version, _| version == used);
    }
}

/// Whether a manager that got this error from a connection attempt keeps returning it. It only tries again after I/O
/// errors. Errors of the server that answer a command are not among them.
fn is_final(error: &RedisError) -> bool {
    !error.is_io_error() && !matches!(error.kind(), ErrorKind::Server(_))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<ConnectionManager>> {
        self.manager.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let (manager, mut waiting) = self.manager().await?;
            if is_blocking(command) {
                waiting.forget();
            }
            let result = manager.req_packed_command(command).await;
            waiting.end();
            let is_replica = match &result {
                Ok(value) => says_replica(value),
                Err(error) => is_replica(error),
            };
            self.leave(is_replica, result.as_ref().err());
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
            let (manager, mut waiting) = self.manager().await?;
            if has_blocking(pipeline) {
                waiting.forget();
            }
            let result = manager.req_packed_commands(pipeline, offset, count).await;
            waiting.end();
            let is_replica = match &result {
                Ok(values) => values.iter().any(says_replica),
                Err(error) => is_replica(error),
            };
            self.leave(is_replica, result.as_ref().err());
            result
        })
    }

    fn get_db(&self) -> i64 {
        match (&self.manager, &self.shared.server) {
            (Some(manager), _) => manager.get_db(),
            (None, Server::At(client)) => client.get_connection_info().redis_settings().db(),
            // Not known before the server is found.
            (None, Server::FoundBy(_)) => 0,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("manager", &self.manager).finish_non_exhaustive()
    }
}
