//! The JSON of metrics, events and reports, which other tools read. Durations are seconds. Any change here breaks those
//! tools.

use std::time::Duration;

use breaker_core::{
    BadConfiguration, Cause, Clock, Config, ConfigFault, Mode, Origin, PlacedFault, Registry, Settings, SettingsLayer,
    SourcedSettings, State,
};
use serde_json::{Value, json, to_value};

/// Returns a registry on a manual clock with one service, `db`. After a success of 500 ms, a failure opens its circuit.
fn registry() -> (Registry, breaker_core::ManualClock) {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let config = Config::builder().failure_rate(0.5).minimum_requests(2).open_timeout(Duration::from_millis(1_500));
    let db = registry.get_or_create("db", config.build().expect("valid"));
    let permit = db.try_acquire().expect("closed");
    time.advance(Duration::from_millis(500));
    permit.success();
    db.try_acquire().expect("closed").failure();
    assert_eq!(db.state(), State::Open);
    time.advance(Duration::from_millis(250));
    (registry, time)
}

fn json_of(value: &impl serde::Serialize) -> Value {
    to_value(value).expect("it is JSON")
}

#[test]
fn metrics_of_a_service() {
    let (registry, _time) = registry();
    let all = json_of(&registry.metrics());
    let mut db = all["services"][0].clone();
    let buckets = db["response_time"]["buckets"].take();
    assert_eq!(
        db,
        json!({
            "service": "db", "state": "open", "mode": "automatic",
            "requests": 2, "successes": 1, "failures": 1, "timeouts": 0, "rejections": 0,
            "rejections_by_reason": {"open": 0, "half_open": 0, "forced_open": 0},
            "ignored": 0, "abandoned": 0, "slow": 0, "late": 0, "in_flight": 0,
            "fallback_successes": 0, "fallback_failures": 0, "would_reject": 0,
            "transitions": {
                "closed_to_open": 1, "open_to_half_open": 0, "half_open_to_closed": 0, "half_open_to_open": 0,
                "open_to_closed": 0
            },
            "dropped_events": 0,
            "response_time": {
                "count": 2, "sum": 0.5, "average": 0.25, "min": 0.0, "max": 0.5, "p50": 6.7e-8, "p90": 0.496_242_842, "p99": 0.496_242_842,
                "buckets": null
            },
            "window": {
                "holds_successes": true, "requests": 2, "failures": 1, "slow": 0, "failure_rate": 0.5, "slow_rate": null
            },
            "success_rate": 0.5, "failure_rate": 0.5, "consecutive_failures": 1,
            "time_in_state": 0.25, "time_per_state": {"closed": 0.5, "open": 0.25, "half_open": 0.0},
            "retry_after": 1.25
        })
    );
    assert_eq!(buckets[0], json!({"le": 0.000_016_384, "count": 1}));
    assert_eq!((buckets.as_array().map(Vec::len), &buckets[22]["count"]), (Some(23), &json!(2)));
    assert_eq!(all["total"]["requests"], 2);
    assert_eq!(all["dropped_events"], 0);
}

#[test]
fn events_are_flat_objects() {
    let (registry, time) = registry();
    let mut events = registry.subscribe();
    let db = registry.get("db").expect("made above");
    let expected_opening = json!({
        "sequence": 1, "service": "db", "at": 0.5, "wall_time": 0.5, "kind": "transition", "from": "closed", "to": "open",
        "cause": {"rule": "failure_rate", "failures": 1, "requests": 2, "threshold": 0.5}
    });
    assert_eq!(json_of(&db.history()[0]), expected_opening);
    db.set_mode_for(Mode::ForcedOpen, Duration::from_secs(60));
    db.reconfigure((*db.config()).clone());
    let fault = ConfigFault::new("window", "0s", "must be longer than zero", "write 60s");
    let placed = PlacedFault::new(fault).of_service("db").at("b.yaml:3:5");
    registry.bad_configuration(BadConfiguration::new("b.yaml:3:5: no good").with_faults([placed]));
    registry.get_or_create("db", Config::builder().failure_rate(0.25).build().expect("valid"));
    time.advance(Duration::from_secs(60));
    let rest: Vec<Value> = std::iter::from_fn(|| events.try_recv()).map(|event| json_of(&event)).collect();
    let [forced, reconfigured, bad, conflict, back] = rest.as_slice() else { panic!("{rest:#?}") };
    let common = |sequence: u64, service: Option<&str>, at: f64, kind: &str| json!({"sequence": sequence, "service": service, "at": at, "wall_time": at, "kind": kind});
    let with = |mut event: Value, more: Value| {
        let fields = more.as_object().cloned().expect("an object");
        event.as_object_mut().expect("an object").extend(fields);
        event
    };
    let mode = |event, from: &str, to: &str, until: Option<f64>| {
        with(event, json!({"from": from, "to": to, "until": until, "isolated": false}))
    };
    let expected = common(2, Some("db"), 0.75, "mode_changed");
    assert_eq!(*forced, mode(expected, "automatic", "forced_open", Some(60.75)));
    assert_eq!(*reconfigured, common(3, Some("db"), 0.75, "reconfigured"));
    let problem = json!({
        "message": "b.yaml:3:5: no good",
        "faults": [{
            "service": "db", "place": "b.yaml:3:5",
            "fault": {
                "key": "window", "value": "0s", "allowed": "must be longer than zero", "fix": "write 60s",
                "against": null
            }
        }]
    });
    assert_eq!(*bad, with(common(4, None, 0.75, "bad_configuration"), json!({"problem": problem})));
    assert_eq!((&conflict["kind"], &conflict["conflict"]["key"]), (&json!("conflict"), &json!("failure_rate")));
    assert_eq!(conflict["conflict"]["second"]["value"], "0.25");
    assert_eq!(*back, mode(common(6, Some("db"), 60.75, "mode_changed"), "forced_open", "automatic", None));
}

#[test]
fn the_health_report() {
    let (registry, _time) = registry();
    let expected = json!({
        "status": "down",
        "services": [
            {"service": "db", "state": "open", "mode": "automatic", "criticality": "critical", "check": null}
        ]
    });
    assert_eq!(json_of(&registry.health()), expected);
}

#[test]
fn an_explanation_and_its_origins() {
    let (registry, _time) = registry();
    let file = SourcedSettings::new(Settings { success_threshold: Some(3), ..Settings::NONE }, |key| {
        Origin::File(format!("b.yaml, {key}"))
    });
    let mut layer = SettingsLayer::default();
    layer.services.insert("db".to_owned(), file);
    registry.configure(layer).expect("valid");
    let explanation = json_of(&registry.explain("db").expect("named"));
    assert_eq!(explanation["service"], "db");
    let value = |key: &str| {
        let values = explanation["values"].as_array().expect("a list");
        values.iter().find(|value| value["key"] == key).cloned().expect("it has a value")
    };
    assert_eq!(
        value("success_threshold"),
        json!({
            "key": "success_threshold", "value": "3", "origin": {"from": "file", "place": "b.yaml, success_threshold"},
            "of_function": false, "overridden": [{"value": "2", "origin": {"from": "default"}}]
        })
    );
    let default = json!({
        "key": "window", "value": "60s", "origin": {"from": "default"}, "of_function": false, "overridden": []
    });
    assert_eq!(value("window"), default);
    assert_eq!(value("failure_rate")["origin"]["from"], "code");
}

#[test]
fn each_cause_has_a_name_of_its_own() {
    let all = [
        (
            Cause::FailureThreshold { failures: 5, requests: Some(30_112), threshold: 5 },
            json!({"failures": 5, "requests": 30_112, "threshold": 5}),
        ),
        (Cause::ConsecutiveFailures { failures: 5, threshold: 5 }, json!({"failures": 5, "threshold": 5})),
        (
            Cause::SlowCallRate { slow: 1, requests: 2, threshold: 0.5 },
            json!({"slow": 1, "requests": 2, "threshold": 0.5}),
        ),
        (Cause::OpenFor { open_for: Duration::from_millis(2_500) }, json!({"open_for": 2.5})),
        (Cause::OpenTimeoutElapsed, json!({})),
        (Cause::ProbesSucceeded { successes: 2 }, json!({"successes": 2})),
        (Cause::ProbeFailed, json!({})),
        (Cause::ProbeSlow, json!({})),
        (Cause::ProbeTimedOut, json!({})),
        (Cause::HealthCheckFailed, json!({})),
        (Cause::HealthCheckPassed, json!({})),
        (Cause::HealthChecksSucceeded { checks: 1, probes: 1 }, json!({"checks": 1, "probes": 1})),
        (Cause::Reset, json!({})),
        (Cause::Forced, json!({})),
    ];
    let mut names: Vec<_> = all.iter().map(|(cause, _)| cause.as_str()).collect();
    let without_share = Cause::FailureThreshold { failures: 5, requests: None, threshold: 5 };
    assert_eq!(json_of(&without_share)["requests"], json!(null));
    for (cause, mut fields) in all {
        fields["rule"] = json!(cause.as_str());
        assert_eq!(json_of(&cause), fields);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 14);
    assert_eq!((json_of(&State::HalfOpen), json_of(&Mode::Shadow)), (json!("half_open"), json!("shadow")));
}
