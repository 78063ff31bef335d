//! Deprecated names still compile for one version, and mean the same as the new ones.

#![expect(deprecated, reason = "what is tested here is deprecated")]

use std::collections::BTreeMap;

use breaker_core::{
    BackgroundLoop, CheckHealth, Config, ConfiguredValue, Explained, ExplainedValue, HealthCheckResult, Layer, Origin,
    Registry, Said, Settings, SettingsLayer, SourcedSettings, TaskGuard, Total, TotalMetrics,
};

#[test]
fn an_old_type_is_the_new_type() {
    let _: fn(BackgroundLoop) -> TaskGuard = |guard| guard;
    let _: fn(CheckHealth) -> HealthCheckResult = |result| result;
    let _: fn(Explained) -> ExplainedValue = |value| value;
    let total: TotalMetrics = Total::default();
    assert_eq!(total.requests, 0);
    let _: fn(Said) -> ConfiguredValue = |value| value;
}

#[test]
fn an_old_method_does_what_the_new_one_does() {
    let registry = Registry::new();
    registry.get_or_create("db", Config::builder().failure_threshold(1).build().expect("valid"));
    registry.get_or_create("db", Config::builder().failure_threshold(2).build().expect("valid"));
    assert_eq!(registry.check().len(), 1);
    assert_eq!(registry.check(), registry.conflicts());

    let settings = Settings { failure_threshold: Some(3), ..Settings::NONE };
    assert_eq!(settings.said(), [("failure_threshold", "3".to_owned())]);

    let mut layer: SettingsLayer = Layer::default();
    layer.services = BTreeMap::from([("db".to_owned(), SourcedSettings::new(settings.clone(), |_| Origin::Runtime))]);
    assert_eq!(layer.about("db").settings(), &settings);
    assert_eq!(layer.about("db"), layer.settings_for("db"));
}
