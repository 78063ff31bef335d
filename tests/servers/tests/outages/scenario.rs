//! One scenario: a server is damaged under calls, and repaired.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, State};
use servers::until;
use tokio::runtime::Handle;

use crate::callers::{Called, Callers};
use crate::circuit::{Watch, opened_within};
use crate::damage::Damage;
use crate::report::Row;
use crate::subjects::{Server, Subject, Wrapper};

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) server: Server,
    pub(crate) wrapper: Wrapper,
    pub(crate) damage: Damage,
}

/// How many tasks call at once.
const CALLERS: usize = 12;
/// How many calls have to be rejected before the repair.
const REJECTIONS: u64 = 50;

impl Scenario {
    pub(crate) fn name(self) -> String {
        format!("{}, {}", self.server.name(), self.damage.words().0)
    }

    /// Runs the scenario. Clients connect to `address` if there is one.
    pub(crate) fn run(self, subject: &dyn Subject, handle: &Handle, address: Option<SocketAddr>) -> Row {
        let start = Instant::now();
        let way = if self.damage.is_on_the_way() { subject.proxy().address() } else { subject.process().address() };
        let client = {
            let _inside = handle.enter();
            subject.client(self.wrapper, self.damage, address.unwrap_or(way))
        };
        let breaker = client.breaker.clone();
        let watch = Watch::new(&breaker);
        let called = Arc::new(Called::new(client));
        let callers = Callers::start(handle, CALLERS, &called);
        until("it answers, and the circuit is closed", || {
            let answers = called.tally.counts().answers;
            let is_healthy = answers >= CALLERS as u64 && breaker.state() == State::Closed;
            if is_healthy { Ok(()) } else { Err(format!("{answers} answers: {}", called.tally.counts().seen())) }
        });
        let phases = self.damaged(subject, &breaker, &watch);
        let mut wrong = callers.stop(handle);
        subject.reset();
        let (metrics, counts) = (breaker.metrics(), called.tally.counts());
        wrong.extend(counts.compared(&metrics));
        wrong.extend(counts.answered_at_once(metrics.rejections));
        wrong.extend(phases.wrong);
        Row {
            scenario: self,
            client: called.client.name,
            opened: phases.opened,
            closed: phases.closed,
            took: start.elapsed(),
            metrics: metrics.into(),
            counts,
            wrong,
        }
    }

    /// Damages, waits for the open circuit, repairs, and waits for the closed one.
    fn damaged(self, subject: &dyn Subject, breaker: &CircuitBreaker, watch: &Watch) -> Phases {
        watch.forget();
        let (start, before) = (Instant::now(), breaker.metrics());
        self.damage.inflict(subject);
        let opened = until("calls fail, the circuit opens, and rejects calls", || {
            let m = breaker.metrics();
            let (failures, rejections) = (m.failures - before.failures, m.rejections - before.rejections);
            if m.state == State::Closed || failures == 0 || rejections < REJECTIONS {
                return Err(format!("{}, {failures} failures, {rejections} rejections", m.state));
            }
            // On a busy machine, calls may have timed out before the damage, and the circuit may have been open.
            Ok(watch.seen().opened.unwrap_or(start))
        });
        watch.forget();
        let (repair, at_repair) = (Instant::now(), breaker.metrics().failures);
        self.damage.repair(subject);
        let closed = until("the circuit closes by itself", || match (breaker.state(), watch.seen().closed) {
            (State::Closed, closed) => Ok(closed.unwrap_or(repair)),
            (other, _) => {
                // What happened since the repair says why.
                let failures = breaker.metrics().failures - at_repair;
                Err(format!(
                    "{other}, {failures} failures since the repair; the server's log:\n{}",
                    subject.process().log()
                ))
            }
        });
        let first = watch.seen().first.unwrap_or(before);
        Phases {
            opened: opened.saturating_duration_since(start),
            closed: closed.saturating_duration_since(repair),
            wrong: opened_within(breaker, &first, CALLERS).into_iter().collect(),
        }
    }
}

struct Phases {
    /// From the beginning of the damage.
    opened: Duration,
    /// From the beginning of the repair.
    closed: Duration,
    wrong: Vec<String>,
}
