//! Plays the script: begins and ends each outage, and makes bare calls meanwhile.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::BoxError;
use crate::journal::Journal;
use crate::outage::Outages;
use crate::probe::{self, Finding};
use crate::script::{LENGTH, OUTAGES, Outage};
use crate::service::ReviewService;

/// Plays all of it; what was found, in the order of the outages.
pub(crate) async fn all(
    outages: Arc<Mutex<Outages>>,
    service: Arc<ReviewService>,
    journal: Arc<Journal>,
) -> Result<Vec<Finding>, BoxError> {
    // Each outage in a task of its own: some overlap.
    let mut running = JoinSet::new();
    for outage in OUTAGES {
        running.spawn(one(outage, Arc::clone(&outages), Arc::clone(&service), Arc::clone(&journal)));
    }
    let mut findings = Vec::new();
    while let Some(ended) = running.join_next().await {
        findings.push(ended??);
    }
    findings.sort_by_key(|finding| finding.dependency.index());
    journal.until(LENGTH).await;
    Ok(findings)
}

async fn one(
    outage: Outage,
    outages: Arc<Mutex<Outages>>,
    service: Arc<ReviewService>,
    journal: Arc<Journal>,
) -> Result<Finding, BoxError> {
    let dependency = outage.target;
    journal.until(outage.from).await;
    journal.outage(dependency, outages.lock().await.begin(dependency).await?);
    let (before, rejected_before) = (service.ledger.counts(dependency), service.ledger.rejected_calls(dependency));
    let bare = probe::bare(&service, dependency, outage.until.saturating_sub(journal.now())).await;
    let protected = service.ledger.counts(dependency).since(before);
    let rejected = service.ledger.rejected_calls(dependency).saturating_sub(rejected_before);
    let restored = outages.lock().await.restore(dependency).await?;
    journal.outage(dependency, restored);
    Ok(Finding { dependency, bare, protected, rejected })
}
