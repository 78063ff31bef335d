//! The tables at the end.

use std::fmt::Write as _;
use std::time::Duration;

use breaker_core::{Explanation, HealthReport, Metrics, Origin};

use crate::journal::word;
use crate::probe::Finding;

/// The registry's metrics, one column per service: there are more numbers than services.
pub(crate) fn metrics_table(services: &[Metrics]) -> String {
    let mut table = Table::new(services.iter().map(|one| one.service.to_owned()));
    let mut row =
        |name: &str, value: &dyn Fn(&Metrics) -> String| table.row(name, services.iter().map(value).collect());
    row("state", &|one| word(one.state).to_owned());
    row("requests", &|one| one.requests.to_string());
    row("  successes", &|one| one.successes.to_string());
    row("  failures", &|one| one.failures.to_string());
    row("    of them timeouts", &|one| one.timeouts.to_string());
    row("  rejections", &|one| one.rejections.to_string());
    row("    open, half-open", &|one| {
        format!("{}, {}", one.rejections_by_reason.open, one.rejections_by_reason.half_open)
    });
    row("  ignored", &|one| one.ignored.to_string());
    row("  abandoned", &|one| one.abandoned.to_string());
    row("  in flight", &|one| one.in_flight.to_string());
    row("late results", &|one| one.late.to_string());
    row("success rate", &|one| percent(one.success_rate));
    row("fallbacks ok, failed", &|one| format!("{}, {}", one.fallback_successes, one.fallback_failures));
    row("closed -> open", &|one| one.transitions.closed_to_open.to_string());
    row("open -> half-open", &|one| one.transitions.open_to_half_open.to_string());
    row("half-open -> open", &|one| one.transitions.half_open_to_open.to_string());
    row("half-open -> closed", &|one| one.transitions.half_open_to_closed.to_string());
    row("response time, average", &|one| milliseconds(one.response_time.average));
    row("  p50", &|one| milliseconds(one.response_time.p50));
    row("  p99", &|one| milliseconds(one.response_time.p99));
    row("  max", &|one| milliseconds(one.response_time.max));
    table.text
}

/// What the traffic of the outages had, and what it would have had without breakers.
pub(crate) fn comparison(findings: &[Finding]) -> String {
    let mut table = Table::new(findings.iter().map(|one| one.dependency.name().to_owned()));
    let mut row =
        |name: &str, value: &dyn Fn(&Finding) -> String| table.row(name, findings.iter().map(value).collect());
    row("calls during the outage", &|one| one.protected.calls.to_string());
    row("with breakers: errors", &|one| one.protected.errors.to_string());
    row("  fallbacks", &|one| one.protected.fallback.to_string());
    row("  waited, all callers", &|one| seconds(one.protected.waited.as_secs_f64()));
    row("  kept off the service", &|one| one.spared.to_string());
    row("bare calls measured", &|one| one.bare.calls.to_string());
    row("  errors among them", &|one| one.bare.errors.to_string());
    row("  average wait", &|one| milliseconds(one.bare.waited.checked_div(one.bare.calls)));
    row("without breakers: errors", &|one| format!("{:.0}", one.errors_without()));
    row("  waited, all callers", &|one| seconds(one.waited_without()));
    let errors: f64 = findings.iter().map(Finding::errors_without).sum();
    let without: f64 = findings.iter().map(Finding::waited_without).sum();
    let with: f64 = findings.iter().map(|one| one.protected.waited.as_secs_f64()).sum();
    let _ = write!(
        table.text,
        "\nWithout breakers, the calls during the outages would have given about\n\
         {errors:.0} errors and {without:.1} s of waiting, instead of {} errors and {with:.1} s.\n\
         How computed: during each outage the same function was called bare, one call\n\
         after another; its share of errors and its average wait, times the calls that\n\
         the traffic made meanwhile. So nobody queues in this estimate: real bare calls\n\
         would also have queued for the {} connections of the database, waited longer\n\
         than this, and some of them would have been late instead of failing. Where an\n\
         error is instant (S3: nobody listens) a breaker saves errors and load, not time.\n",
        findings.iter().map(|one| one.protected.errors).sum::<u64>(),
        crate::service::reviews::CONNECTIONS,
    );
    table.text
}

/// How each service is, by its circuit and by its last health check.
pub(crate) fn health_table(health: &HealthReport) -> String {
    let mut table = Table::new(health.services.iter().map(|one| one.service.to_owned()));
    let mut row = |name: &str, values: Vec<String>| table.row(name, values);
    let services = || health.services.iter();
    row("circuit", services().map(|one| word(one.state).to_owned()).collect());
    row("criticality", services().map(|one| one.criticality.to_string()).collect());
    let check = |value: &dyn Fn(&breaker_core::HealthCheckResult) -> String| {
        services().map(|one| one.check.as_ref().map_or_else(|| "no check".to_owned(), value)).collect()
    };
    row("last check", check(&|check| if check.failures == 0 { "good".to_owned() } else { "failed".to_owned() }));
    row("  took", check(&|check| milliseconds(Some(check.took))));
    let errors = services().filter_map(|one| Some((one.service, one.check.as_ref()?.last_error.as_ref()?)));
    for (service, error) in errors {
        let _ = writeln!(table.text, "last error of {service}: {error}");
    }
    table.text
}

/// The keys that the configuration file has set, with their places.
pub(crate) fn said_by_the_file(settings: &Explanation) -> String {
    let mut text = String::new();
    for value in &settings.values {
        if let Origin::File(place) = &value.origin {
            let place = place.rsplit(['/', '\\']).next().unwrap_or(place);
            let _ = writeln!(text, "{:<26}{:>14}  {place}", value.key, value.value);
        }
    }
    text
}

/// The widths of a table's columns: all five services fit on a narrow screen.
const NAME: usize = 25;
const COLUMN: usize = 11;

struct Table {
    text: String,
}

impl Table {
    fn new(columns: impl Iterator<Item = String>) -> Self {
        let mut table = Self { text: String::new() };
        table.row("", columns.collect());
        table
    }

    fn row(&mut self, name: &str, values: Vec<String>) {
        let mut line = format!("{name:<NAME$}");
        for value in values {
            let _ = write!(line, "{value:>COLUMN$}");
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn seconds(time: f64) -> String {
    format!("{time:.2} s")
}

fn milliseconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.2} ms", time.as_secs_f64() * 1e3))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{comparison, milliseconds, percent};
    use crate::dependency::Dependency;
    use crate::ledger::Counts;
    use crate::probe::{Bare, Finding};

    #[test]
    fn the_comparison_scales_and_sums() {
        let finding = |dependency| Finding {
            dependency,
            bare: Bare { calls: 2, errors: 2, waited: Duration::from_secs(1) },
            protected: Counts { calls: 100, fallback: 100, waited: Duration::from_secs(1), ..Counts::default() },
            spared: 90,
        };
        let text = comparison(&Dependency::ALL.map(finding));
        assert!(text.contains("500 errors and 250.0 s of waiting"), "{text}");
        assert!(text.contains("instead of 0 errors and 5.0 s"), "{text}");
    }

    #[test]
    fn what_is_unknown_is_a_dash() {
        assert_eq!((percent(None), milliseconds(None)), ("-".to_owned(), "-".to_owned()));
        assert_eq!(percent(Some(0.5)), "50.0 %");
        assert_eq!(milliseconds(Some(Duration::from_micros(1_500))), "1.50 ms");
    }
}
