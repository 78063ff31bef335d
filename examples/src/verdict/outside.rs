//! What clients of the server must have seen: `/health` and `Retry-After`.

use breaker_core::Criticality;
use hyper::StatusCode;

use crate::dependency::Dependency;
use crate::inspector::{Answers, Health};
use crate::script::OUTAGES;

/// The longest `open_timeout` of the services with protected routes, in whole seconds.
const LONGEST_WAIT: u64 = 1;

/// Every answer of `/health` had the code of its report; each outage was in one of them, and none was after the end.
pub(crate) fn health_followed(answers: &[Health], last: &Health) -> Vec<String> {
    let mut faults = Vec::new();
    let code = |status: &str| if status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    if let Some(wrong) = answers.iter().find(|one| one.code != code(&one.report.status)) {
        faults.push(format!("/health: {} with the status {}", wrong.code, wrong.report.status));
    }
    for outage in OUTAGES {
        let during = |one: &&Health| outage.from <= one.asked && one.answered <= outage.until;
        let seen = answers.iter().filter(during).find_map(|one| Some((one.code, one.report.open(outage.target)?)));
        let name = outage.target.name();
        match seen {
            None => faults.push(format!("/health: {name} was never open during its outage")),
            Some((code, Criticality::Critical)) if code != StatusCode::SERVICE_UNAVAILABLE => {
                faults.push(format!("/health: {code} while {name}, which is critical, was open"));
            }
            Some(_) => {}
        }
    }
    if last.code != StatusCode::OK || last.report.status != "up" {
        faults.push(format!("/health: {} with the status {} at the end", last.code, last.report.status));
    }
    faults
}

/// Clients of a protected route were answered at any time: during the outage by rejections that say when to come back.
pub(crate) fn rejections_had_times(dependency: Dependency, answers: &Answers) -> Vec<String> {
    let name = dependency.name();
    let mut faults = Vec::new();
    if answers.rejected == 0 || answers.ok == 0 {
        faults.push(format!("{name}: its route should have answered, and rejected with `Retry-After`: {answers:?}"));
    }
    if answers.longest > LONGEST_WAIT {
        faults.push(format!("{name}: `Retry-After` was {}, longer than its open_timeout", answers.longest));
    }
    if answers.strange > 0 {
        faults.push(format!("{name}: {} answers of its route are none that it should give", answers.strange));
    }
    faults
}

/// How many answers of `/health` during outages said 503.
pub(crate) fn unavailable(answers: &[Health]) -> usize {
    answers.iter().filter(|one| one.code == StatusCode::SERVICE_UNAVAILABLE).count()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::script::Outage;

    fn health(at: Duration, code: u16, status: &str, open: Option<(&str, &str)>) -> Health {
        let services = open.map(|(service, criticality)| {
            format!(r#"{{"service":"{service}","state":"open","criticality":"{criticality}"}}"#)
        });
        let report = format!(r#"{{"status":"{status}","services":[{}]}}"#, services.unwrap_or_default());
        let report = serde_json::from_str(&report).expect("a report");
        Health { asked: at, answered: at, code: StatusCode::from_u16(code).expect("a status"), report }
    }

    /// One good answer during each outage.
    fn good() -> Vec<Health> {
        let one = |outage: Outage| {
            let (code, status, criticality) = match outage.target {
                Dependency::Cache => (200, "degraded", "optional"),
                _ => (503, "down", "critical"),
            };
            health(outage.until, code, status, Some((outage.target.name(), criticality)))
        };
        OUTAGES.into_iter().map(one).collect()
    }

    fn up() -> Health {
        health(Duration::from_secs(30), 200, "up", None)
    }

    #[test]
    fn a_health_that_follows_has_no_fault() {
        assert_eq!(health_followed(&good(), &up()), [""; 0]);
        assert_eq!(unavailable(&good()), OUTAGES.len() - 1);
    }

    #[test]
    fn each_kind_of_wrong_health_is_a_fault() {
        let mut one_less = good();
        one_less.pop();
        assert_eq!(health_followed(&one_less, &up()).len(), 1);
        let mut wrong_code = good();
        wrong_code[0].code = StatusCode::OK;
        assert_eq!(health_followed(&wrong_code, &up()).len(), 2, "it contradicts the report and the outage");
        let mut late = good();
        late[0].answered += Duration::from_secs(1);
        assert_eq!(health_followed(&late, &up()).len(), 1);
        assert_eq!(health_followed(&good(), &health(Duration::ZERO, 200, "degraded", None)).len(), 1);
    }

    #[test]
    fn rejections_without_times_are_faults() {
        let good =
            Answers { requests: 9, ok: 4, rejected: 3, rejected_without_time: 2, longest: 1, ..Answers::default() };
        let faults = |answers| rejections_had_times(Dependency::S3, &answers).len();
        assert_eq!(faults(good), 0);
        assert_eq!(faults(Answers { rejected: 0, rejected_without_time: 5, longest: 0, ..good }), 1);
        assert_eq!(faults(Answers { ok: 0, ..good }), 1);
        assert_eq!(faults(Answers { longest: 2, ..good }), 1);
        assert_eq!(faults(Answers { strange: 1, ..good }), 1);
    }
}
