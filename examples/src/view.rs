//! What there is to show at one moment, for the screen and for the log alike.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use breaker_core::{Registry, State};

use crate::dependency::Dependency;
use crate::journal::{Entry, Journal};
use crate::ledger::{Counts, Ledger};

const SERVICES: usize = Dependency::ALL.len();
/// Rates are taken over this time.
const RATE_OVER: Duration = Duration::from_secs(1);

/// One moment of the drill.
pub(crate) struct View {
    /// Where the service is.
    pub(crate) server: SocketAddr,
    pub(crate) now: Duration,
    pub(crate) entries: Vec<Entry>,
    pub(crate) services: [ServiceView; SERVICES],
}

/// One service at that moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceView {
    pub(crate) dependency: Dependency,
    pub(crate) state: State,
    /// Since the start.
    pub(crate) total: Counts,
    /// Within the last second.
    pub(crate) recent: Counts,
}

impl ServiceView {
    /// What a caller waited on average in the last second.
    pub(crate) fn average_wait(&self) -> Duration {
        self.recent.waited.checked_div(self.recent.calls.try_into().unwrap_or(u32::MAX)).unwrap_or_default()
    }
}

/// Makes views; remembers a second of counts for the rates.
pub(crate) struct Watch {
    server: SocketAddr,
    pub(crate) journal: Arc<Journal>,
    pub(crate) ledger: Arc<Ledger>,
    past: VecDeque<(Duration, [Counts; SERVICES])>,
}

impl Watch {
    /// Watches these two and the global registry, for the service at this address.
    pub(crate) fn new(server: SocketAddr, journal: Arc<Journal>, ledger: Arc<Ledger>) -> Self {
        Self { server, journal, ledger, past: VecDeque::new() }
    }

    /// The view of now.
    pub(crate) fn look(&mut self) -> View {
        let now = self.journal.now();
        let counts = Dependency::ALL.map(|one| self.ledger.counts(one));
        self.past.push_back((now, counts));
        while self.past.get(1).is_some_and(|(at, _)| *at + RATE_OVER <= now) {
            self.past.pop_front();
        }
        let before = self.past.front().map_or(counts, |(_, counts)| *counts);
        let services = Dependency::ALL.map(|dependency| ServiceView {
            dependency,
            state: Registry::global().get(dependency.name()).map_or(State::Closed, |breaker| breaker.state()),
            total: counts[dependency.index()],
            recent: counts[dependency.index()].since(before[dependency.index()]),
        });
        View { server: self.server, now, entries: self.journal.entries(0), services }
    }
}
