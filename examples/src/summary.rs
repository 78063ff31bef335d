//! What is printed at the end: tables, what they mean, and the verdict.

use breaker_core::{Metrics, Registry};

use crate::drill::Outcome;
use crate::report;
use crate::text;

/// The tables and the explanations, in lines of at most `width` columns.
pub(crate) fn summary(outcome: &Outcome, width: usize) -> String {
    summarize(outcome, &Registry::global().metrics().services, width)
}

fn summarize(outcome: &Outcome, metrics: &[Metrics], width: usize) -> String {
    let paragraph = |text: &str| text::fill(text, width);
    let mut sections = vec![
        format!("METRICS OF THE REGISTRY\n\n{}", report::metrics_table(metrics).text(width)),
        paragraph(
            "A page is made without the cache while its calls are rejected or fail: each is a degraded answer, and counted \
             as a fallback that has run.",
        ),
        format!("HEALTH REPORT AT THE END\n\n{}", report::health_table(&outcome.health).text(width)),
        paragraph(&report::check_errors(&outcome.health)),
    ];
    if let Some(settings) = &outcome.settings {
        sections.push(format!("SETTINGS OF S3 FROM THE FILE\n\n{}", report::set_by_the_file(settings)));
    }
    sections.push(format!("WITH AND WITHOUT BREAKERS\n\n{}", report::comparison(&outcome.findings).text(width)));
    sections.push(paragraph(&report::estimate(&outcome.findings)));
    sections.push(paragraph(&facts(outcome)));
    if outcome.faults.is_empty() {
        sections.push(paragraph(
            "PASSED: every breaker opened, probed and closed again; no call was lost; no caller saw an error.",
        ));
    }
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

/// What happened, in paragraphs.
fn facts(outcome: &Outcome) -> String {
    let mut facts = vec![format!(
        "{} requests were answered. {} reviews waited in the outbox for the database and were delivered.",
        outcome.visits.made, outcome.delivered
    )];
    let (asked, unavailable) = outcome.health_answers;
    let rejected: u64 = outcome.protected.iter().map(|(_, answers)| answers.rejected).sum();
    let protected: u64 = outcome.protected.iter().map(|(_, answers)| answers.requests).sum();
    facts.push(format!(
        "/health was asked {asked} times, and answered 503 {unavailable} times, while a critical service was open. \
         /photos and /reviews have no fallback: {rejected} of {protected} requests were rejected with Retry-After."
    ));
    if let Some((before, after)) = outcome.waits {
        facts.push(format!(
            "The file was edited during the outage of s3. Its open time was {before:.1?} before that, and {after:.1?} \
             after. The invalid edit was rejected and changed nothing."
        ));
    }
    if outcome.faults.is_empty() {
        let waits: Vec<String> = outcome.back_off.waits.iter().map(|wait| format!("{wait:.1?}")).collect();
        facts.push(format!(
            "A listing of the catalog makes calls of the same breaker. {} of them were made inside probes. They needed \
             no permits and were not counted.",
            outcome.nested.in_probes
        ));
        facts.push(format!(
            "The health check of prices succeeded while every price failed. After a probe failed, the check shortened \
             no open time: {}.",
            waits.join(", ")
        ));
    }
    facts.join("\n")
}

/// The faults, in lines of at most `width` columns.
pub(crate) fn failures(faults: &[String], width: usize) -> String {
    let lines = faults.iter().flat_map(|fault| text::wrap(&format!("FAILED: {fault}"), width, 2));
    lines.map(|line| line + "\n").collect()
}
