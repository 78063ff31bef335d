//! Ranges, conflicts, defaults, presets. Users depend on the values that are pinned here.

use super::*;
use crate::error::ConfigError;
use crate::settings::Preset;
use crate::settings::tests::{all, secs};

mod conflicts;
mod defaults;
mod off;
mod ranges;

/// Returns the faults as text; empty if there are none.
fn faults(settings: &Settings) -> Vec<String> {
    settings.resolve().err().iter().flat_map(ConfigError::faults).map(ToString::to_string).collect()
}

fn ok(settings: &Settings) -> Config {
    settings.resolve().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn code_then_file_then_environment() {
    let code = Settings {
        failure_threshold: Some(1),
        success_threshold: Some(1),
        open_timeout: Some(secs(1)),
        ..Settings::NONE
    };
    let file = Settings { success_threshold: Some(2), open_timeout: Some(secs(2)), ..Settings::NONE };
    let environment = Settings { open_timeout: Some(secs(3)), ..Settings::NONE };
    let config = ok(&environment.over(file).over(code));
    assert_eq!((config.failure_threshold(), config.success_threshold(), config.open_timeout()), (Some(1), 2, secs(3)));
}

#[test]
fn what_is_set_is_what_is_configured() {
    let config = ok(&all());
    assert_eq!(config.settings(), Settings { preset: None, ..all() });
    assert_eq!((config.failure_threshold(), config.success_threshold()), (Some(7), 7));
    assert_eq!((config.failure_rate(), config.request_timeout()), (Some(0.25), Some(secs(9))));
    assert_eq!((config.window(), config.open_timeout()), (Window::Calls(50), secs(9)));
    assert_eq!((config.fail_fast(), config.criticality()), (false, Criticality::Optional));
}

/// One setter of each kind; the table of keys generates them all.
#[test]
fn the_builder_is_the_same_way() {
    let built = Config::builder()
        .preset(Preset::S3)
        .failure_threshold(7)
        .failure_rate(0.25)
        .request_timeout(secs(13))
        .window(50)
        .open_timeout(secs(9))
        .open_timeout_multiplier(1.5)
        .success_threshold(6)
        .fail_fast(false)
        .criticality(Criticality::Optional);
    let settings = Settings {
        preset: Some(Preset::S3),
        failure_threshold: Some(7),
        failure_rate: Some(0.25),
        request_timeout: Some(secs(13)),
        window: Some(Window::Calls(50)),
        open_timeout: Some(secs(9)),
        open_timeout_multiplier: Some(1.5),
        success_threshold: Some(6),
        fail_fast: Some(false),
        criticality: Some(Criticality::Optional),
        ..Settings::NONE
    };
    assert_eq!(built.build(), settings.resolve());
    assert_eq!(built.settings, settings);
    assert_eq!(Config::builder().window(secs(5)).settings.window, Some(Window::Time(secs(5))));
}
