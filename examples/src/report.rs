//! The tables at the end.

use std::fmt::Write as _;
use std::time::Duration;

use breaker_core::{Explanation, HealthReport, Metrics, Origin};

use crate::probe::Finding;
use crate::table::Table;

/// The registry's metrics, one column per service: there are more numbers than services.
pub(crate) fn metrics_table(services: &[Metrics]) -> Table {
    let mut table = Table::new(services.iter().map(|one| one.service.to_owned()));
    let mut row = |name, value: &dyn Fn(&Metrics) -> String| table.row(name, services.iter().map(value).collect());
    row("state", &|one| one.state.to_string());
    row("requests", &|one| one.requests.to_string());
    row("  successes", &|one| one.successes.to_string());
    row("  failures", &|one| one.failures.to_string());
    row("    by timeout", &|one| one.timeouts.to_string());
    row("  rejections", &|one| one.rejections.to_string());
    row("    open, half_open", &|one| {
        format!("{}, {}", one.rejections_by_reason.open, one.rejections_by_reason.half_open)
    });
    row("  ignored", &|one| one.ignored.to_string());
    row("  abandoned", &|one| one.abandoned.to_string());
    row("  in flight", &|one| one.in_flight.to_string());
    row("late results", &|one| one.late.to_string());
    row("success rate", &|one| percent(one.success_rate));
    row("fallback runs: ok, failed", &|one| format!("{}, {}", one.fallback_successes, one.fallback_failures));
    row("closed -> open", &|one| one.transitions.closed_to_open.to_string());
    row("open -> half_open", &|one| one.transitions.open_to_half_open.to_string());
    row("half_open -> open", &|one| one.transitions.half_open_to_open.to_string());
    row("half_open -> closed", &|one| one.transitions.half_open_to_closed.to_string());
    row("response time, average", &|one| milliseconds(one.response_time.average));
    row("  p50", &|one| milliseconds(one.response_time.p50));
    row("  p99", &|one| milliseconds(one.response_time.p99));
    row("  max", &|one| milliseconds(one.response_time.max));
    table
}

/// The answers during the outages, and an estimate of those without breakers.
pub(crate) fn comparison(findings: &[Finding]) -> Table {
    let mut table = Table::new(findings.iter().map(|one| one.dependency.name().to_owned()));
    let mut row = |name, value: &dyn Fn(&Finding) -> String| table.row(name, findings.iter().map(value).collect());
    row("calls during the outage", &|one| one.protected.calls.to_string());
    row("  rejected", &|one| one.rejected.to_string());
    row("  degraded answers", &|one| one.protected.degraded.to_string());
    row("  errors", &|one| one.protected.errors.to_string());
    row("  total wait", &|one| seconds(one.protected.waited.as_secs_f64()));
    row("bare calls measured", &|one| one.bare.calls.to_string());
    row("  errors", &|one| one.bare.errors.to_string());
    row("  average wait", &|one| milliseconds(one.bare.waited.checked_div(one.bare.calls)));
    row("estimate without breakers", &|_| String::new());
    row("  errors", &|one| format!("{:.0}", one.errors_without()));
    row("  total wait", &|one| seconds(one.waited_without()));
    table
}

/// What the comparison amounts to, and how it was computed.
pub(crate) fn estimate(findings: &[Finding]) -> String {
    let errors: f64 = findings.iter().map(Finding::errors_without).sum();
    let without: f64 = findings.iter().map(Finding::waited_without).sum();
    let with: f64 = findings.iter().map(|one| one.protected.waited.as_secs_f64()).sum();
    format!(
        "Without breakers, callers would have got about {errors:.0} errors and waited {without:.1} s in total during \
         the outages, instead of {} errors and {with:.1} s. During each outage the drill also calls the same function \
         without its breaker, one call after another. The estimate multiplies the share of errors and the average \
         wait of these bare calls by the number of calls that the traffic made. It ignores queueing: real calls \
         would also wait for a connection to the database. Where errors are immediate (s3 refuses connections), a \
         breaker saves errors and load, but no time.",
        findings.iter().map(|one| one.protected.errors).sum::<u64>(),
    )
}

/// The state and the last health check of each service.
pub(crate) fn health_table(health: &HealthReport) -> Table {
    let mut table = Table::new(health.services.iter().map(|one| one.service.to_owned()));
    let mut row = |name, values: Vec<String>| table.row(name, values);
    let services = || health.services.iter();
    row("circuit", services().map(|one| one.state.to_string()).collect());
    row("criticality", services().map(|one| one.criticality.to_string()).collect());
    let check = |value: &dyn Fn(&breaker_core::HealthCheckResult) -> String| {
        services().map(|one| one.check.as_ref().map_or_else(|| "none".to_owned(), value)).collect()
    };
    row("last check", check(&|check| if check.failures == 0 { "passed".to_owned() } else { "failed".to_owned() }));
    row("  duration", check(&|check| milliseconds(Some(check.took))));
    table
}

/// The last error of each health check that has failed.
pub(crate) fn check_errors(health: &HealthReport) -> String {
    let services = health.services.iter();
    let errors = services.filter_map(|one| Some((one.service, one.check.as_ref()?.last_error.as_ref()?)));
    errors.map(|(service, error)| format!("last error of {service}: {error}")).collect::<Vec<_>>().join("\n")
}

/// The keys that the configuration file sets, with their places.
pub(crate) fn set_by_the_file(settings: &Explanation) -> String {
    let mut text = String::new();
    for value in &settings.values {
        if let Origin::File(place) = &value.origin {
            let place = place.rsplit(['/', '\\']).next().unwrap_or(place);
            let _ = writeln!(text, "{:<24}{:>8}  {place}", value.key, value.value);
        }
    }
    text
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

    use super::{estimate, milliseconds, percent};
    use crate::dependency::Dependency;
    use crate::ledger::Counts;
    use crate::probe::{Bare, Finding};

    #[test]
    fn the_estimate_scales_and_sums() {
        let finding = |dependency| Finding {
            dependency,
            bare: Bare { calls: 2, errors: 2, waited: Duration::from_secs(1) },
            protected: Counts { calls: 100, degraded: 100, waited: Duration::from_secs(1), ..Counts::default() },
            rejected: 90,
        };
        let text = estimate(&Dependency::ALL.map(finding));
        assert!(text.contains("500 errors and waited 250.0 s"), "{text}");
        assert!(text.contains("instead of 0 errors and 5.0 s"), "{text}");
    }

    #[test]
    fn what_is_unknown_is_a_dash() {
        assert_eq!((percent(None), milliseconds(None)), ("-".to_owned(), "-".to_owned()));
        assert_eq!(percent(Some(0.5)), "50.0 %");
        assert_eq!(milliseconds(Some(Duration::from_micros(1_500))), "1.50 ms");
    }
}
