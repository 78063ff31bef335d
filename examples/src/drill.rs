//! The drill: builds the service, lets traffic and outages run, watches, and judges.

use std::sync::Arc;
use std::time::{Duration, Instant};

use breaker_core::{BadConfiguration, Event, EventKind, Explanation, HealthReport, Registry, State, TaskGuard};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::BoxError;
use crate::checks;
use crate::dependency::Dependency;
use crate::edits;
use crate::journal::Journal;
use crate::outage::Outages;
use crate::play;
use crate::probe::Finding;
use crate::script::LENGTH;
use crate::service::ReviewService;
use crate::service::cache::PageCache;
use crate::service::catalog::{Catalog, Nested};
use crate::service::photos::PhotoClient;
use crate::service::price_server::PriceServer;
use crate::service::prices::PriceClient;
use crate::service::reviews::ReviewRepository;
use crate::service::s3_server::S3Server;
use crate::traffic::{self, PRODUCTS, Visits};
use crate::verdict::{self, BackOff};
use crate::view::Watch;

/// How long circuits may take to close after the traffic has ended: some open times.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time between two calls meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// A drill that is running.
pub(crate) struct Drill {
    service: Arc<ReviewService>,
    journal: Arc<Journal>,
    traffic: JoinHandle<Visits>,
    script: JoinHandle<Result<Vec<Finding>, BoxError>>,
    edits: JoinHandle<Result<(), BoxError>>,
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
    /// Builds everything in a temporary directory, then starts the clock, the traffic and the script.
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let directory = TempDir::with_prefix("breaker-drill-")?;
        let (copies, database) = (directory.path().join("copies"), directory.path().join("reviews.db"));
        std::fs::create_dir_all(&copies)?;
        let s3 = S3Server::start()?;
        let photos = PhotoClient::new(s3.address(), &copies)?;
        photos.seed(PRODUCTS).await?;
        let reviews = ReviewRepository::open(&database, PRODUCTS).await?;
        let cache = Arc::new(PageCache::default());
        let shelf = directory.path().join("catalog");
        let catalog = Catalog::create(&shelf, PRODUCTS)?;
        let price_server = PriceServer::start().await?;
        let prices = PriceClient::new(price_server.address());
        let service = Arc::new(ReviewService::new(reviews, photos, Arc::clone(&cache), catalog, prices));

        let file = directory.path().join("breakers.yaml");
        std::fs::write(&file, edits::SHIPPED)?;
        // Before any traffic, so that no breaker begins with less than the file says.
        let mut background = vec![breaker_config::watch(&file, Registry::global())?];
        background.extend(checks::start(&service));

        let journal = Arc::new(Journal::start());
        listen(Arc::clone(&journal), format!("{}/", directory.path().display()));
        let traffic = tokio::spawn(traffic::run(Arc::clone(&service), LENGTH));
        let outages = Arc::new(Mutex::new(Outages::new(s3, &database, cache, &shelf, price_server)));
        let script = tokio::spawn(play::all(Arc::clone(&outages), Arc::clone(&service), Arc::clone(&journal)));
        let story = Arc::clone(&journal);
        let edits = tokio::spawn(async move { edits::play(&file, story).await });
        Ok(Self { service, journal, traffic, script, edits, background, _outages: outages, _directory: directory })
    }

    /// A view of it for a display.
    pub(crate) fn watch(&self) -> Watch {
        Watch::new(Arc::clone(&self.journal), Arc::clone(&self.service.ledger))
    }

    /// Whether traffic and script have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.traffic.is_finished() && self.script.is_finished()
    }

    /// Waits for the end, and judges.
    pub(crate) async fn finish(self) -> Result<Outcome, BoxError> {
        let visits = self.traffic.await?;
        let findings = self.script.await??;
        self.edits.await??;
        let delivered = settle(&self.service).await;
        let (health, settings) = (Registry::global().health(), Registry::global().explain(Dependency::S3.name()));
        // After the shutdown, no health check is registered: that would be a conflict.
        let conflicts = Registry::global().conflicts();
        Registry::global().shutdown().await;
        let entries = self.journal.entries(0);
        let mut faults = verdict::transitions_happened(&entries);
        faults.extend(verdict::edits_held(&entries, settings.as_ref()));
        let waits = verdict::waits(&entries);
        faults.extend(verdict::all_are_well(&health));
        if self.background.iter().any(|one| !one.is_finished()) {
            faults.push("a health check or the watch of the file outlived the shutdown".to_owned());
        }
        let nested = self.service.catalog.nested();
        faults.extend(verdict::probes_made_calls(nested));
        let mut back_off = BackOff::default();
        let ledger = &self.service.ledger;
        for dependency in Dependency::ALL {
            let Some(breaker) = Registry::global().get(dependency.name()) else {
                faults.push(format!("{}: is not in the registry", dependency.name()));
                continue;
            };
            let callers = ledger.counts(dependency);
            let counted_inside = if dependency == Dependency::Catalog { nested.counted() } else { 0 };
            faults.extend(verdict::accounts_agree(dependency, (&breaker.metrics()).into(), callers, counted_inside));
            if dependency == Dependency::Prices {
                back_off = verdict::back_off(&verdict::changes(&breaker.history()), &breaker.config());
                faults.append(&mut back_off.faults);
            }
            faults.extend(verdict::nobody_saw_an_error(dependency, callers, ledger.first_error().as_deref()));
        }
        faults.extend(verdict::service_held(visits, self.service.written(), self.service.reviews.count().await?));
        faults.extend(conflicts.iter().map(|conflict| format!("conflicting settings: {conflict}")));
        Ok(Outcome { visits, findings, delivered, health, settings, waits, nested, back_off, faults })
    }
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
async fn settle(service: &ReviewService) -> usize {
    let end = Instant::now() + PATIENCE;
    let mut delivered = 0;
    for product in (0..PRODUCTS).cycle() {
        delivered += service.deliver_outbox().await;
        let closed = Registry::global().breakers().iter().all(|breaker| breaker.state() == State::Closed);
        if (closed && service.reviews.outbox_is_empty()) || Instant::now() >= end {
            break;
        }
        service.page(product).await;
        traffic::look_up(service, product).await;
        tokio::time::sleep(PAUSE).await;
    }
    delivered
}
