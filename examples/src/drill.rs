//! The drill: builds the service, lets traffic and outages run, watches, and judges.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use breaker_core::{BadConfiguration, Event, EventKind, Explanation, HealthReport, Registry, State, TaskGuard};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::BoxError;
use crate::dependency::Dependency;
use crate::edits;
use crate::inspector::{self, Answers, Health, PROTECTED};
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::outage::Outages;
use crate::play;
use crate::probe::Finding;
use crate::script::LENGTH;
use crate::service::catalog::Nested;
use crate::service::{PRODUCTS, ReviewService};
use crate::stage::Stage;
use crate::traffic::{self, Visits};
use crate::upstream::Upstreams;
use crate::verdict::{self, BackOff};
use crate::view::Watch;
use crate::visitor::Visitor;
use crate::web::Web;

/// How long circuits may take to close after the traffic has ended: some open times.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time between two calls meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// A drill that is running.
pub(crate) struct Drill {
    service: Arc<ReviewService>,
    journal: Arc<Journal>,
    web: Web,
    visitor: Arc<Visitor>,
    traffic: JoinHandle<Visits>,
    script: JoinHandle<Result<Vec<Finding>, BoxError>>,
    edits: JoinHandle<Result<(), BoxError>>,
    health: JoinHandle<Result<Vec<Health>, BoxError>>,
    protected: [JoinHandle<Result<Answers, BoxError>>; PROTECTED.len()],
    /// The watch of the configuration file and the health checks.
    background: Vec<TaskGuard>,
    /// Holds the servers: circuits may still have to close after the script.
    _outages: Arc<Mutex<Outages>>,
    // Holds the database, the photos and the catalog; goes last.
    _directory: TempDir,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) visits: Visits,
    pub(crate) findings: Vec<Finding>,
    /// Reviews that had to wait for the database.
    pub(crate) delivered: usize,
    /// How often `/health` was asked, and how often it answered 503.
    pub(crate) health_answers: (usize, usize),
    /// What the clients of the protected routes got.
    pub(crate) protected: [(Dependency, Answers); PROTECTED.len()],
    /// How the services were at the end.
    pub(crate) health: HealthReport,
    /// What was in force for `s3` at the end, and who has said so.
    pub(crate) settings: Option<Explanation>,
    /// How long `s3` waited before it probed, before the good edit and after.
    pub(crate) waits: Option<(Duration, Duration)>,
    /// The calls of the catalog that were made inside others.
    pub(crate) nested: Nested,
    /// The open times of `prices` that its wrong check didn't shorten.
    pub(crate) back_off: BackOff,
    /// What should have been, and was not.
    pub(crate) faults: Vec<String>,
}

impl Drill {
    /// Builds everything, then starts the clock, the traffic and the script.
    pub(crate) async fn start(upstreams: Upstreams) -> Result<Self, BoxError> {
        let Stage { service, web, outages, file, background, directory } = Stage::build(0, upstreams).await?;
        let journal = Arc::new(Journal::start());
        listen(Arc::clone(&journal), format!("{}/", directory.path().display()));
        let visitor = Arc::new(Visitor::new(web.address()));
        let traffic = tokio::spawn(traffic::run(Arc::clone(&visitor), LENGTH));
        let health = tokio::spawn(inspector::health(Arc::clone(&visitor), Arc::clone(&journal), LENGTH));
        let protected = PROTECTED.map(|route| {
            let (visitor, ledger, journal) = (Arc::clone(&visitor), Arc::clone(&service.ledger), Arc::clone(&journal));
            tokio::spawn(inspector::protected(visitor, route, ledger, journal, LENGTH))
        });
        let outages = Arc::new(Mutex::new(outages));
        let script = tokio::spawn(play::all(Arc::clone(&outages), Arc::clone(&service), Arc::clone(&journal)));
        let story = Arc::clone(&journal);
        let edits = tokio::spawn(async move { edits::play(&file, story).await });
        Ok(Self {
            service,
            journal,
            web,
            visitor,
            traffic,
            script,
            edits,
            health,
            protected,
            background,
            _outages: outages,
            _directory: directory,
        })
    }

    /// Returns the address of the service.
    pub(crate) fn address(&self) -> SocketAddr {
        self.web.address()
    }

    /// A view of it for a display.
    pub(crate) fn watch(&self) -> Watch {
        Watch::new(self.web.address(), Arc::clone(&self.journal), Arc::clone(&self.service.ledger))
    }

    /// Whether traffic and script have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.traffic.is_finished() && self.script.is_finished()
    }

    /// Waits for the end, stops the server and all loops, and judges.
    pub(crate) async fn finish(self) -> Result<Outcome, BoxError> {
        let visits = self.traffic.await?;
        let findings = self.script.await??;
        self.edits.await??;
        let health_answers = self.health.await??;
        let [s3, database] = self.protected;
        let protected = [(PROTECTED[0].0, s3.await??), (PROTECTED[1].0, database.await??)];
        let delivered = settle(&self.service, &self.visitor).await;
        let last_health = inspector::look(&self.visitor, &self.journal).await?;
        let (health, settings) = (Registry::global().health(), Registry::global().explain(Dependency::S3.name()));
        // After the shutdown, no health check is registered: that would be a conflict.
        let conflicts = Registry::global().conflicts();
        self.web.stop().await?;
        Registry::global().shutdown().await;

        let entries = self.journal.entries(0);
        let (nested, waits) = (self.service.catalog.nested(), verdict::waits(&entries));
        let mut faults = verdict::transitions_happened(&entries);
        faults.extend(verdict::edits_held(&entries, settings.as_ref()));
        faults.extend(verdict::all_are_well(&health));
        faults.extend(verdict::health_followed(&health_answers, &last_health));
        if self.background.iter().any(|one| !one.is_finished()) {
            faults.push("a health check or the watch of the file outlived the shutdown".to_owned());
        }
        faults.extend(verdict::probes_made_calls(nested));
        faults.extend(protected.iter().flat_map(|(one, answers)| verdict::rejections_had_times(*one, answers)));
        let back_off = judge_breakers(&self.service.ledger, nested, &protected, &mut faults);
        faults.extend(verdict::service_held(visits, self.service.written(), self.service.reviews.count().await?));
        self.service.reviews.clear().await?;
        self.service.photos.clear(PRODUCTS).await?;
        faults.extend(conflicts.iter().map(|conflict| format!("conflicting settings: {conflict}")));
        let health_answers = (health_answers.len(), verdict::unavailable(&health_answers));
        Ok(Outcome {
            visits,
            findings,
            delivered,
            health_answers,
            protected,
            health,
            settings,
            waits,
            nested,
            back_off,
            faults,
        })
    }
}

/// Compares the account of each breaker with that of its callers.
fn judge_breakers(
    ledger: &Ledger,
    nested: Nested,
    protected: &[(Dependency, Answers)],
    faults: &mut Vec<String>,
) -> BackOff {
    let mut back_off = BackOff::default();
    for dependency in Dependency::ALL {
        let Some(breaker) = Registry::global().get(dependency.name()) else {
            faults.push(format!("{}: is not in the registry", dependency.name()));
            continue;
        };
        let callers = ledger.counts(dependency);
        let through_layer: u64 =
            protected.iter().filter(|(one, _)| *one == dependency).map(|(_, answers)| answers.requests).sum();
        let counted_inside = if dependency == Dependency::Catalog { nested.counted() } else { 0 };
        let account = (&breaker.metrics()).into();
        faults.extend(verdict::accounts_agree(dependency, account, callers, counted_inside + through_layer));
        if dependency == Dependency::Prices {
            back_off = verdict::back_off(&verdict::changes(&breaker.history()), &breaker.config());
            faults.append(&mut back_off.faults);
        }
        faults.extend(verdict::nobody_saw_an_error(dependency, callers, ledger.first_error().as_deref()));
    }
    back_off
}

/// Writes the journal from the registry's events; what fits on no line, such as the temporary directory, is left out.
fn listen(journal: Arc<Journal>, directory: String) {
    Registry::global().on_event(move |event| match &event.kind {
        EventKind::BadConfiguration(problem) => {
            let message = problem.message.replace(&directory, "");
            let message = message.replace("invalid circuit breaker configuration: ", "");
            let kind = EventKind::BadConfiguration(BadConfiguration::new(message).into());
            let mut event = Event::clone(event);
            event.kind = kind;
            journal.event(&event);
        }
        _ => journal.event(event),
    });
}

/// Calls on until every circuit is closed and the outbox is empty, for `PATIENCE` at most; returns how many reviews were
/// delivered. On a busy machine a breaker may open once more on calls that were really late; what is judged is that it
/// comes back.
async fn settle(service: &ReviewService, visitor: &Visitor) -> usize {
    let end = Instant::now() + PATIENCE;
    let mut delivered = 0;
    for product in (0..PRODUCTS).cycle() {
        delivered += service.deliver_outbox().await;
        let closed = Registry::global().breakers().iter().all(|breaker| breaker.state() == State::Closed);
        if (closed && service.reviews.outbox_is_empty()) || Instant::now() >= end {
            break;
        }
        visitor.page(product).await;
        visitor.price(product).await;
        tokio::time::sleep(PAUSE).await;
    }
    delivered
}
