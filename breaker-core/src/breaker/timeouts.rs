//! The timeouts of calls, stored outside of the configuration, so that a call needs no lock to read them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::nanos;
use crate::config::Config;

/// A call's own timeout, which replaces the `request_timeout` of its service.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnTimeout {
    Nothing,
    /// The timeout of its function, in nanoseconds ([`OFF`]: none). A file, a variable or the program at run time may
    /// override it.
    Function(u64),
    /// The timeout of this call alone.
    Call(Duration),
}

impl From<Option<Duration>> for OwnTimeout {
    fn from(of_call: Option<Duration>) -> Self {
        of_call.map_or(Self::Nothing, Self::Call)
    }
}

/// No timeout.
pub(crate) const OFF: u64 = u64::MAX;

/// Functions keep their own timeout.
const OF_FUNCTION: u64 = 0;

/// In nanoseconds; [`OFF`] is none. All accesses are relaxed: a call may use old or new values.
#[derive(Debug)]
pub(super) struct Timeouts {
    request: AtomicU64,
    /// For functions that have their own timeout: the same as `request`, or [`OF_FUNCTION`].
    functions: AtomicU64,
    /// The lease of a probe, if `half_open_timeout` is set.
    probe: AtomicU64,
}

impl Timeouts {
    pub(super) fn new(config: &Config) -> Self {
        let timeouts =
            Self { request: AtomicU64::new(OFF), functions: AtomicU64::new(OF_FUNCTION), probe: AtomicU64::new(OFF) };
        timeouts.obey(config);
        timeouts
    }

    pub(super) fn obey(&self, config: &Config) {
        let lease = config.half_open_timeout().filter(|_| config.has_lease_of_its_own());
        let request = config.request_timeout().map_or(OFF, nanos);
        self.request.store(request, Ordering::Relaxed);
        self.functions.store(if config.overrides_functions() { request } else { OF_FUNCTION }, Ordering::Relaxed);
        self.probe.store(lease.map_or(OFF, nanos), Ordering::Relaxed);
    }

    /// Returns how long a call may take.
    pub(super) fn of_call(&self, own: OwnTimeout, is_probe: bool) -> Option<Duration> {
        let request = match own {
            OwnTimeout::Nothing => self.request.load(Ordering::Relaxed),
            OwnTimeout::Call(timeout) => nanos(timeout),
            OwnTimeout::Function(timeout) => match self.functions.load(Ordering::Relaxed) {
                OF_FUNCTION => timeout,
                of_service => of_service,
            },
        };
        let probe = if is_probe { self.probe.load(Ordering::Relaxed) } else { OFF };
        let timeout = request.min(probe);
        (timeout != OFF).then_some(Duration::from_nanos(timeout))
    }
}
