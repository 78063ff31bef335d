//! Behaviour through the public API only. Tests of the conformance list have their case's number in the name.

#![allow(
    clippy::needless_pass_by_value,
    clippy::no_effect_underscore_binding,
    clippy::unchecked_time_subtraction,
    clippy::unused_async,
    reason = "tests are written to be read: values by value, times by subtraction, fallbacks in the shape of their function"
)]

mod abandoned;
mod accounting;
mod api;
mod attribute_callers;
mod attribute_drops;
mod attribute_fallbacks;
mod attribute_forbidden;
mod attribute_futures;
mod attribute_judging;
mod attribute_lints;
mod attribute_nested;
mod attribute_own_breaker;
mod attribute_returns;
mod background;
mod bypass;
mod chaos;
mod check_ends;
mod check_rules;
mod check_services;
mod config;
mod config_changes;
mod default_rules;
mod deprecated;
mod events;
mod exits;
mod half_open;
mod health;
mod joined;
mod json;
mod late;
mod late_polls;
mod layers;
mod leases;
mod listener_panics;
mod listeners;
mod logging_doc;
mod logs;
mod logs_of_errors;
mod mapped;
mod metrics;
mod metrics_log;
mod model;
mod modes;
mod nested;
mod open_time;
mod panics;
mod paused_time;
mod peer_bugs;
mod peer_requests;
mod permit_runs;
mod precedence;
mod probe_races;
mod races;
mod reconfigure;
mod registry;
mod short_windows;
mod silent;
mod stalled;
mod surface;
mod timeouts;
mod trip;
mod unknown_services;
mod unwinding;
mod waker_panics;
mod windows;
