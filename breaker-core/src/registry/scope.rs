//! An isolated registry of all annotated functions, for one test. Feature `test-util`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use breaker_keys::nearest;
#[cfg(feature = "tokio")]
use tokio::runtime::Handle;

use super::Registry;
use crate::breaker::CircuitBreaker;
use crate::breaker::fault::Fault;
use crate::clock::Clock;
#[cfg(feature = "tokio")]
use crate::clock::is_paused;

pub(crate) mod carried;
pub(super) mod entered;

use carried::ScopedFuture;
use entered::Entered;

/// All scopes. They are leaked on purpose; a static that reaches them keeps leak checkers quiet.
static KEPT: Mutex<Vec<&'static Registry>> = Mutex::new(Vec::new());

/// An isolated registry of all annotated functions, with its own clock, for one test.
///
/// While a thread is in a scope, annotated functions use the breakers of the scope, and [`Registry::global`] is the
/// registry of the scope. A thread is in the scope that it created last, until that scope is dropped; then it is in the
/// previous one. [`instrument`](Self::instrument) carries the scope into tasks, [`wrap`](Self::wrap) into threads.
///
/// All circuits start closed, with the configuration of the code. Settings that files and variables gave to the global
/// registry have no effect in it. A call that began in a scope keeps its breaker; the run of its fallback is counted in
/// the scope where it happens. The registry and its breakers are never freed: each scope leaks some KiB for each service
/// that it calls.
///
/// ```
/// use breaker_core::{CircuitBreakerError, Fault, Registry, State, circuit_breaker};
/// use std::time::Duration;
///
/// #[derive(Debug, PartialEq)]
/// enum StoreError {
///     Unreachable,
///     Breaker(CircuitBreakerError),
/// }
///
/// impl From<CircuitBreakerError> for StoreError {
///     fn from(error: CircuitBreakerError) -> Self {
///         Self::Breaker(error)
///     }
/// }
///
/// #[circuit_breaker(service = "thumbnails", failure_threshold = 1, open_timeout = "30s")]
/// fn fetch(key: &str) -> Result<String, StoreError> {
///     Ok(key.to_uppercase())
/// }
///
/// // In a test:
/// let scope = Registry::scope();
/// scope.inject("thumbnails", Fault::error(|| StoreError::Unreachable).times(1));
/// assert_eq!(fetch("logo"), Err(StoreError::Unreachable));
/// let thumbnails = scope.registry().get("thumbnails").unwrap();
/// assert_eq!(thumbnails.state(), State::Open);
/// scope.advance(Duration::from_secs(30));
/// assert_eq!(fetch("logo").as_deref(), Ok("LOGO"));
/// ```
#[derive(Debug)]
#[must_use = "the scope is left when this is dropped: `let scope = Registry::scope();`"]
pub struct Scope {
    registry: &'static Registry,
    /// The runtime whose paused time the scope follows.
    #[cfg(feature = "tokio")]
    runtime: Option<Handle>,
    _entered: Entered,
}

impl Registry {
    /// Enters an isolated [`Scope`] on this thread, for a test: annotated functions use breakers of the scope, on its
    /// clock.
    ///
    /// Inside a tokio runtime whose time is paused (`#[tokio::test(start_paused = true)]`), the scope follows that
    /// time. Otherwise it has a manual clock that starts at zero, which [`Scope::advance`] moves.
    pub fn scope() -> Scope {
        #[cfg(feature = "tokio")]
        if let Some(runtime) = Handle::try_current().ok().filter(|_| is_paused()) {
            return Scope { runtime: Some(runtime), ..Scope::enter(Clock::monotonic()) };
        }
        Scope::enter(Clock::manual().0)
    }

    /// Enters a scope like [`scope`](Self::scope), on the given clock.
    ///
    /// ```
    /// use breaker_core::{Clock, Registry};
    ///
    /// let (clock, time) = Clock::manual();
    /// let scope = Registry::scope_on(clock);
    /// # drop((scope, time));
    /// ```
    pub fn scope_on(clock: Clock) -> Scope {
        Scope::enter(clock)
    }
}

impl Scope {
    fn enter(clock: Clock) -> Self {
        let registry: &'static Registry = Box::leak(Box::new(Registry::make(true, clock)));
        registry.0.scope.get_or_init(|| registry);
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(registry);
        Self {
            registry,
            #[cfg(feature = "tokio")]
            runtime: None,
            _entered: Entered::new(registry),
        }
    }

    /// Returns the registry of the scope, which lists all annotated functions.
    #[must_use]
    pub fn registry(&self) -> &'static Registry {
        self.registry
    }

    /// Returns the clock of the scope's breakers.
    #[must_use]
    pub fn clock(&self) -> &'static Clock {
        self.registry.clock()
    }

    /// Moves the manual clock of the scope forward.
    ///
    /// # Panics
    /// If the clock of the scope is not a manual one: for example when the scope follows tokio's paused time, which
    /// `tokio::time::advance` moves.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        let Some(time) = self.clock().crank() else {
            #[cfg(feature = "tokio")]
            assert!(
                self.runtime.is_none(),
                "this scope follows tokio's paused time: use `tokio::time::advance(…).await` instead of `Scope::advance`"
            );
            panic!("the clock of this scope is not a manual one: `Scope::advance` can't move it");
        };
        time.advance(by);
    }

    /// Injects a fault into all calls of the service's annotated functions in this scope that start from now on, until
    /// [`clear`](Self::clear), or for the number of calls given by [`Fault::times`]. It replaces a previous fault.
    ///
    /// Calls made by hand (`CircuitBreaker::call`) are not affected.
    ///
    /// ```
    /// use breaker_core::{CircuitBreakerError, Fault, Registry, circuit_breaker};
    ///
    /// #[circuit_breaker(service = "quotes", request_timeout = "2s", fallback = |_| Ok(9))]
    /// async fn price() -> Result<u32, CircuitBreakerError> {
    ///     Ok(7)
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let scope = Registry::scope();
    /// scope.inject("quotes", Fault::timeout().times(1));
    /// assert_eq!(price().await, Ok(9));
    /// assert_eq!(price().await, Ok(7));
    /// assert_eq!(scope.registry().get("quotes").unwrap().metrics().timeouts, 1);
    /// # });
    /// ```
    ///
    /// # Panics
    /// If no annotated function has this service.
    #[track_caller]
    pub fn inject(&self, service: &str, fault: Fault) {
        self.annotated(service).fault().put(Some(fault));
    }

    /// Removes the fault of this service, if there is one.
    ///
    /// # Panics
    /// If no annotated function has this service.
    #[track_caller]
    pub fn clear(&self, service: &str) {
        self.annotated(service).fault().put(None);
    }

    /// Carries the scope into a task: the future is polled and dropped in the scope, on any thread.
    ///
    /// ```
    /// # use breaker_core::Registry;
    /// # let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # runtime.block_on(async {
    /// let scope = Registry::scope();
    /// let id = tokio::spawn(scope.instrument(async { Registry::global().boot_id() })).await.unwrap();
    /// assert_eq!(id, scope.registry().boot_id());
    /// # });
    /// ```
    pub fn instrument<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(Some(self.registry), future)
    }

    /// Carries the scope into a thread: the closure runs in the scope, wherever it is called.
    ///
    /// ```
    /// use breaker_core::Registry;
    ///
    /// let scope = Registry::scope();
    /// let id = std::thread::spawn(scope.wrap(|| Registry::global().boot_id())).join().unwrap();
    /// assert_eq!(id, scope.registry().boot_id());
    /// ```
    #[must_use = "the closure runs when it is called"]
    pub fn wrap<T, F: FnOnce() -> T>(&self, run: F) -> impl FnOnce() -> T + use<T, F> {
        let registry = self.registry;
        #[cfg(feature = "tokio")]
        let runtime = self.runtime.clone();
        move || {
            // The scope may follow tokio's time, also on a thread outside the runtime.
            #[cfg(feature = "tokio")]
            let _runtime = runtime.as_ref().map(Handle::enter);
            let _entered = Entered::new(registry);
            run()
        }
    }

    #[track_caller]
    fn annotated(&self, service: &str) -> CircuitBreaker {
        let known: Vec<_> = self.registry.sites().map(crate::site::Site::service).collect();
        let breaker = self.registry.get(service).filter(|_| known.contains(&service));
        breaker.unwrap_or_else(|| {
            let near = nearest(service, known.iter().copied());
            let advice = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            panic!("no annotated function has the service `{service}`{advice}")
        })
    }
}
