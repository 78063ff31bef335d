//! Keys that are switched off.

use super::*;

#[test]
fn what_is_off_overrides_weaker_sources_presets_and_defaults() {
    let code = Settings { failure_threshold: Some(4), failure_rate: Some(0.5), ..Settings::NONE };
    let file = Settings::NONE.off("failure_threshold");
    let config = ok(&file.clone().over(code.clone()));
    assert_eq!((config.failure_threshold(), config.failure_rate()), (None, Some(0.5)));
    assert_eq!(ok(&code.over(file)).failure_threshold(), Some(4), "a stronger source switches it on again");
    let preset = Settings { preset: Some(Preset::S3), ..Settings::NONE };
    let config = ok(&preset.off("request_timeout").off("half_open_timeout"));
    assert_eq!((config.request_timeout(), config.half_open_timeout()), (None, None));
    let rate = Settings { failure_rate: Some(0.5), ..Settings::NONE }.off("minimum_requests");
    assert_eq!(ok(&rate).minimum_for_rates(), 10, "each kind of rule has its own minimum again");
}

#[test]
fn without_a_duration_no_rate_of_slow_calls_holds() {
    let slow = Settings { slow_call_duration: Some(secs(1)), slow_call_rate: Some(0.5), ..Settings::NONE };
    let config = ok(&Settings::NONE.off("slow_call_duration").over(slow));
    assert_eq!((config.slow_call_duration(), config.slow_call_rate()), (None, None));
    assert_eq!(config.consecutive_failures(), Some(5), "no rule is set, so the default rules apply");
}

#[test]
fn some_rule_is_left() {
    let settings = Settings::NONE.off("failure_threshold").off("consecutive_failures");
    assert_eq!(ok(&settings).failure_rate(), Some(0.5), "the default rules that are not off");
    let neither = settings.off("failure_rate");
    assert_eq!(
        faults(&neither),
        ["consecutive_failures = off: leaves no trip rule beside `failure_rate = off`; remove one of the two, or set \
          `failure_threshold` or `slow_call_rate`"]
    );
    ok(&Settings { failure_threshold: Some(3), ..neither });
}

#[test]
fn the_builder_takes_none_for_off() {
    let built = Config::builder().preset(Preset::S3).request_timeout(None).failure_rate(0.5).failure_threshold(None);
    assert_eq!(built.build().map(|config| config.request_timeout()), Ok(None));
    assert_eq!(built.settings.entries()[1], ("failure_threshold", "off".to_owned()));
    assert_eq!(built.clone().request_timeout(secs(3)).settings.request_timeout, Some(secs(3)));
}

#[test]
fn what_is_off_is_shown_and_is_no_difference() {
    let off = ok(&Settings::NONE.off("request_timeout"));
    assert!(format!("{off:?}").contains("request_timeout: off"), "{off:?}");
    assert_eq!(off, Config::default());
}

#[test]
fn every_key_that_can_be_off_is_switched_off_by_its_name() {
    for key in breaker_keys::settings().filter(|key| key.off) {
        let off = Settings::NONE.off(key.name);
        assert_eq!(off.get(key), Some(breaker_keys::Value::Off), "{}", key.name);
        assert_eq!(off.entries(), [(key.name, "off".to_owned())]);
        let mut again = all();
        assert!(again.set(key, breaker_keys::Value::Off) && again.get(key) == Some(breaker_keys::Value::Off));
        assert_eq!(off.over(all()), again, "{}", key.name);
    }
}

#[test]
#[should_panic(expected = "no such key can be off")]
fn a_window_is_never_off() {
    let _ = Settings::NONE.off("window");
}
