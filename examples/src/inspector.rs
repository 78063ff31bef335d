//! Watches the service from outside, as a load balancer and its clients do: `/health`, and the routes that a
//! `ServerLayer` protects.

use std::sync::Arc;
use std::time::Duration;

use breaker_core::{Criticality, State};
use hyper::StatusCode;
use hyper::header::RETRY_AFTER;
use serde::Deserialize;

use crate::BoxError;
use crate::dependency::Dependency;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::visitor::Visitor;

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// The answer of `/health` at one moment.
#[derive(Debug)]
pub(crate) struct Health {
    /// When it was asked, since the start of the drill.
    pub(crate) asked: Duration,
    /// When it had answered.
    pub(crate) answered: Duration,
    pub(crate) code: StatusCode,
    pub(crate) report: Report,
}

/// The part of a health report that the drill looks at.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) status: String,
    services: Vec<Service>,
}

#[derive(Debug, Deserialize)]
struct Service {
    #[serde(rename = "service")]
    name: String,
    state: String,
    criticality: Criticality,
}

impl Report {
    /// Whether the circuit of this service is open; if it is, how critical the service is.
    pub(crate) fn open(&self, dependency: Dependency) -> Option<Criticality> {
        let one = self.services.iter().find(|one| one.name == dependency.name())?;
        (one.state == State::Open.as_str()).then_some(one.criticality)
    }
}

/// What the clients of a protected route got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) requests: u64,
    pub(crate) ok: u64,
    /// Errors of the handler, and timeouts.
    pub(crate) failed: u64,
    /// Rejections with `Retry-After`, and without: while all probes are in flight, it is not known.
    pub(crate) rejected: u64,
    pub(crate) rejected_without_time: u64,
    /// The longest time to wait that a rejection had, in seconds.
    pub(crate) longest: u64,
    /// Answers that fit into no other row.
    pub(crate) strange: u64,
}

impl Answers {
    fn add(&mut self, code: StatusCode, retry_after: Option<&str>) {
        self.requests += 1;
        match (code, retry_after.map(str::parse)) {
            (StatusCode::OK, None) => self.ok += 1,
            (StatusCode::SERVICE_UNAVAILABLE, Some(Ok(seconds))) => {
                self.rejected += 1;
                self.longest = self.longest.max(seconds);
            }
            (StatusCode::SERVICE_UNAVAILABLE, None) => self.rejected_without_time += 1,
            (StatusCode::BAD_GATEWAY | StatusCode::INTERNAL_SERVER_ERROR | StatusCode::GATEWAY_TIMEOUT, None) => {
                self.failed += 1;
            }
            _ => self.strange += 1,
        }
    }
}

/// The dependencies whose routes have a `ServerLayer` and no fallback.
pub(crate) const PROTECTED: [(Dependency, &str); 2] =
    [(Dependency::S3, "/photos/0"), (Dependency::Database, "/reviews/0")];

/// Asks for `/health` until the end.
pub(crate) async fn health(
    visitor: Arc<Visitor>,
    journal: Arc<Journal>,
    length: Duration,
) -> Result<Vec<Health>, BoxError> {
    let mut all = Vec::new();
    while journal.now() < length {
        all.push(look(&visitor, &journal).await?);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(all)
}

/// Asks for `/health` once.
pub(crate) async fn look(visitor: &Visitor, journal: &Journal) -> Result<Health, BoxError> {
    let asked = journal.now();
    let answer = visitor.get("/health").await?;
    let (code, report) = (answer.status(), serde_json::from_slice(answer.body())?);
    Ok(Health { asked, answered: journal.now(), code, report })
}

/// Asks for a protected route until the end.
pub(crate) async fn protected(
    visitor: Arc<Visitor>,
    (dependency, path): (Dependency, &'static str),
    ledger: Arc<Ledger>,
    journal: Arc<Journal>,
    length: Duration,
) -> Result<Answers, BoxError> {
    let mut answers = Answers::default();
    while journal.now() < length {
        let answer = visitor.get(path).await?;
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        answers.add(answer.status(), retry_after);
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            ledger.rejected_by_layer(dependency);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::Answers;

    #[test]
    fn each_answer_has_its_row() {
        let mut answers = Answers::default();
        for (code, retry_after) in [
            (200, None),
            (502, None),
            (504, None),
            (503, Some("2")),
            (503, Some("1")),
            (503, None),
            (503, Some("x")),
            (404, None),
        ] {
            answers.add(StatusCode::from_u16(code).expect("a status"), retry_after);
        }
        let expected =
            Answers { requests: 8, ok: 1, failed: 2, rejected: 2, rejected_without_time: 1, longest: 2, strange: 2 };
        assert_eq!(answers, expected);
    }
}
