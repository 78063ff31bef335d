//! The default rules, which apply if no trip rule is set: 5 consecutive failures, or half of at least 20 calls. Also,
//! which failure rate a trip by `failure_threshold` reports.

use breaker_core::{Cause, Config, ConfigBuilder, ConfigError, Preset, Registry, Settings, State};
use breaker_tests::lines::Lines;
use breaker_tests::{rig, s};
use tracing::Level;

/// Pseudo-random failures, the same in each run: on average one in `one_in` calls.
struct Failures {
    seed: u64,
    one_in: u64,
}

impl Failures {
    fn next(&mut self) -> bool {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33).is_multiple_of(self.one_in)
    }
}

/// Returns the percentage of rejected calls, rounded up, of 500 calls/s for ten minutes with 99.9 % successes.
fn percent_rejected(config: Config) -> u64 {
    let rig = rig(Ok(config));
    let mut failures = Failures { seed: 7, one_in: 1_000 };
    let mut failed = 0;
    for _ in 0..600 * 500 {
        let fails = failures.next();
        failed += u32::from(fails);
        rig.call(if fails { 'F' } else { 'S' }, s(0.0));
        rig.wait(0.002);
    }
    assert!((250..350).contains(&failed), "{failed} of 300,000 calls failed");
    let metrics = rig.breaker.metrics();
    (100 * metrics.rejections).div_ceil(metrics.requests)
}

#[test]
fn steady_traffic_with_one_failure_in_a_thousand_is_never_rejected() {
    assert_eq!(percent_rejected(Config::default()), 0);
}

#[test]
fn a_count_of_failures_rejects_that_traffic_most_of_the_time() {
    let counted = Config::builder().failure_threshold(5).build().expect("valid");
    let rejected = percent_rejected(counted);
    assert!((60..90).contains(&rejected), "{rejected} %");
}

#[test]
fn a_dead_service_opens_after_five_failures_whatever_succeeded_before() {
    for before in [0, 3, 40, 2_000] {
        let rig = rig(Ok(Config::default()));
        rig.calls(&"S".repeat(before));
        rig.calls("FFFF");
        assert_eq!(rig.state(), State::Closed);
        rig.calls("F X");
        assert_eq!(rig.last_cause(), Some(Cause::ConsecutiveFailures { failures: 5, threshold: 5 }), "{before}");
    }
    let few_calls = rig(Ok(Config::default()));
    for _ in 0..5 {
        assert_eq!(few_calls.state(), State::Closed);
        few_calls.calls("F");
        few_calls.wait(120.0);
    }
    assert_eq!(few_calls.count(State::Closed, State::Open), 1, "consecutive failures don't depend on the window");
}

#[test]
fn half_of_the_calls_failing_opens_once_twenty_are_there_or_a_shorter_window_is_full() {
    for (window, minimum) in [(None, 20), (Some(100), 20), (Some(20), 20), (Some(15), 15), (Some(10), 10), (Some(5), 5)]
    {
        let by_default = Config::builder();
        let config = window.map_or(by_default.clone(), |calls: u32| by_default.window(calls)).build();
        let rig = rig(config);
        assert_eq!(rig.breaker.config().minimum_for_rates(), minimum);
        let letters: String = "FS".chars().cycle().take(minimum as usize).collect();
        let (most, last) = letters.split_at(letters.len() - 1);
        rig.calls(most);
        assert_eq!((rig.state(), rig.breaker.metrics().window.failure_rate), (State::Closed, None), "{window:?}");
        rig.calls(last);
        let cause = Cause::FailureRate {
            failures: u64::from(minimum.div_ceil(2)),
            requests: u64::from(minimum),
            threshold: 0.5,
        };
        assert_eq!(rig.last_cause(), Some(cause), "{window:?}");
    }
    let fewer = rig(Ok(Config::default()));
    fewer.calls(&"FSS".repeat(200));
    assert_eq!(fewer.state(), State::Closed, "a third is less than half");
}

/// Returns whether the circuit opens. `FSFSF…` is half failures without two in a row; `FFFFF` is all failures.
fn opens(config: &ConfigBuilder, letters: &str, count: usize) -> bool {
    let rig = rig(config.build());
    letters.chars().cycle().take(count).for_each(|letter| {
        rig.call(letter, s(0.0));
    });
    rig.state() == State::Open
}

#[test]
fn what_is_off_leaves_the_other_rule() {
    let (no_run, no_rate) = (Config::builder().consecutive_failures(None), Config::builder().failure_rate(None));
    assert!(!opens(&no_run, "F", 19) && opens(&no_run, "F", 20) && opens(&no_run, "FS", 20));
    assert!(opens(&no_rate, "F", 5) && !opens(&no_rate, "FS", 1_000));
    let config = no_rate.build().expect("valid");
    assert_eq!((config.failure_rate(), config.minimum_requests()), (None, None), "no rule needs 20 calls");
    let minimum_off = Config::builder().minimum_requests(None);
    assert!(!opens(&minimum_off, "FS", 19) && opens(&minimum_off, "FS", 20), "the minimum of the default rate");
    assert!(opens(&minimum_off.window(6), "FS", 6));
}

#[test]
fn both_off_is_an_error_that_names_what_to_do() {
    let neither = Config::builder().consecutive_failures(None).failure_rate(None);
    let text = |config: Result<Config, ConfigError>| config.expect_err("no rule is left").to_string();
    assert_eq!(
        text(neither.build()),
        "invalid circuit breaker configuration: consecutive_failures = off: leaves no trip rule beside \
         `failure_rate = off`; remove one of the two, or set `failure_threshold` or `slow_call_rate`"
    );
    let all = neither.clone().failure_threshold(None).slow_call_rate(None);
    assert_eq!(text(all.build()), text(neither.build()));
    for with_another in [neither.clone().failure_threshold(3), neither.slow_call_duration(s(1.0)).slow_call_rate(0.5)] {
        with_another.build().expect("a rule is left");
    }
}

#[test]
fn a_rule_that_is_set_replaces_both() {
    let set = [
        Config::builder().failure_threshold(50),
        Config::builder().consecutive_failures(50),
        Config::builder().failure_rate(0.9),
        Config::builder().slow_call_duration(s(1.0)).slow_call_rate(0.5),
        Config::builder().preset(Preset::Cache),
    ];
    for builder in set {
        let config = builder.build().expect("valid");
        let rules = [
            config.failure_threshold().is_some(),
            config.consecutive_failures().is_some(),
            config.failure_rate().is_some(),
            config.slow_call_rate().is_some(),
        ];
        assert_eq!(rules.iter().filter(|is_set| **is_set).count(), 1, "{config:?}");
        assert_eq!(config.minimum_requests(), None);
    }
    // A rate that is set explicitly still needs 10 calls.
    assert_eq!(Config::builder().failure_rate(0.5).build().expect("valid").minimum_for_rates(), 10);
    // `None` counts as not set: once the preset's only rule is switched off, the default rules apply.
    let preset = Config::builder().preset(Preset::S3).failure_threshold(None).build().expect("valid");
    assert_eq!((preset.consecutive_failures(), preset.failure_rate()), (Some(5), Some(0.5)));
    assert_eq!((preset.failure_threshold(), preset.minimum_for_rates()), (None, 20));
}

#[test]
fn a_minimum_that_is_set_holds_for_the_default_rate() {
    let three = Config::builder().minimum_requests(3);
    assert!(!opens(&three, "FS", 2) && opens(&three, "FS", 3));
    let fifty = Config::builder().minimum_requests(50);
    assert!(!opens(&fifty, "FS", 49) && opens(&fifty, "FS", 50) && opens(&fifty, "F", 5));
    let error = fifty.window(15).build().expect_err("the window never holds 50 calls");
    assert_eq!(error.faults()[0].key, "minimum_requests");
}

#[test]
fn one_rule_from_outside_replaces_both_and_state_and_counters_stay() {
    let registry = Registry::new();
    let breaker = registry.get_or_create("default-rules", Config::default());
    let rules = || {
        let config = breaker.config();
        (config.failure_threshold(), config.consecutive_failures(), config.failure_rate(), config.minimum_requests())
    };
    assert_eq!(rules(), (None, Some(5), Some(0.5), Some(20)));
    let explained = registry.explain("default-rules").expect("known").to_string();
    for (key, value) in [("consecutive_failures", "5"), ("failure_rate", "0.5"), ("minimum_requests", "20")] {
        let line = explained.lines().find(|line| line.contains(key)).unwrap_or_default();
        assert!(line.contains(&format!(" {value} ")) && line.ends_with("default"), "{key}: {explained}");
    }
    registry.apply("default-rules", Settings { failure_threshold: Some(7), ..Settings::NONE }).expect("valid");
    assert_eq!(rules(), (Some(7), None, None, None));
    registry.apply("default-rules", Settings::NONE).expect("valid");
    assert_eq!(rules(), (None, Some(5), Some(0.5), Some(20)));
    registry.apply("default-rules", Settings::NONE.off("failure_rate")).expect("valid");
    assert_eq!(rules(), (None, Some(5), None, None));
    let neither = Settings::NONE.off("failure_rate").off("consecutive_failures");
    registry.apply("default-rules", neither).expect_err("no rule is left");
    assert_eq!(rules(), (None, Some(5), None, None), "nothing has changed");
}

#[test]
fn without_response_times_the_default_rate_counts_successes() {
    let untimed = rig(Config::builder().response_times(false).build());
    untimed.calls("SSSF");
    let window = untimed.breaker.metrics().window;
    assert!(window.holds_successes && window.requests == 4 && window.failures == 1, "{window:?}");
    assert!(opens(&Config::builder().response_times(false), "FS", 20));
}

#[test]
fn t7_a_trip_by_failures_shows_their_share() {
    let rig = rig(Config::builder().failure_threshold(5).build());
    rig.calls(&"S".repeat(30_107));
    rig.calls("FFFFF");
    assert_eq!(rig.last_cause(), Some(Cause::FailureThreshold { failures: 5, requests: Some(30_112), threshold: 5 }));
    let event = rig.events().pop().expect("it opened").to_string();
    assert_eq!(event, "svc: closed -> open: 5 failures of 30112 calls in the window, 0.02 % (failure_threshold = 5)");
    let untimed = breaker_tests::rig(Config::builder().failure_threshold(5).response_times(false).build());
    untimed.calls("SSSSSSSFFFFF");
    assert_eq!(untimed.last_cause(), Some(Cause::FailureThreshold { failures: 5, requests: None, threshold: 5 }));
}

/// Returns the WARN lines that are logged when this many successes, then five failures, open a circuit of this
/// configuration.
fn warnings(config: &ConfigBuilder, successes: usize) -> Vec<String> {
    let config = config.build();
    Lines::of(Level::WARN, || {
        let rig = rig(config);
        rig.calls(&"S".repeat(successes));
        rig.calls("FFFFF");
        assert_eq!(rig.state(), State::Open);
    })
}

#[test]
fn t7_a_trip_below_one_percent_is_a_warning_with_the_rate_to_set() {
    let threshold = Config::builder().failure_threshold(5);
    let lines = warnings(&threshold, 496);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("5 failures of 501 calls"), "{lines:#?}");
    for part in ["less than 1 %", "failure_rate = 0.5", "minimum_requests = 20", "failures=5", "requests=501", "svc"] {
        assert!(lines[1].contains(part), "no {part:?} in {:?}", lines[1]);
    }
    assert_eq!(warnings(&threshold, 495).len(), 1, "exactly 1 %");
    assert_eq!(warnings(&threshold.response_times(false), 2_000).len(), 1, "the failure rate is unknown");
    assert_eq!(warnings(&Config::builder(), 2_000).len(), 1, "another rule");
}
