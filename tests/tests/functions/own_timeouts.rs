//! `request_timeout` in code belongs to its function; one of a file, a variable or the program at run time holds for all
//! functions of the service.

use std::future::pending;
use std::time::Duration;

use breaker_core::{
    CallError, CircuitBreaker, CircuitBreakerError, Config, Conflict, Origin, Registry, Settings, SettingsLayer,
    SourcedSettings, circuit_breaker,
};
use breaker_tests::s;

use crate::{turn, turn_blocking};

type Answer = Result<u32, CircuitBreakerError>;

fn breaker(service: &str) -> CircuitBreaker {
    Registry::global().get(service).expect("annotated")
}

fn timed_out(service: &'static str, seconds: f64) -> Answer {
    Err(CircuitBreakerError::timed_out(service, s(seconds)))
}

fn file(settings: Settings) -> SourcedSettings {
    SourcedSettings::new(settings, |_| Origin::File("b.yaml:3:5".to_owned()))
}

fn timeout(seconds: f64) -> Settings {
    Settings { request_timeout: Some(s(seconds)), ..Settings::NONE }
}

fn for_service(service: &str, settings: Settings) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    layer.services.insert(service.to_owned(), file(settings));
    layer
}

/// How long a call takes by tokio's paused time, and what it gives.
async fn taken<T>(call: impl Future<Output = T>) -> (u64, T) {
    let start = tokio::time::Instant::now();
    let result = call.await;
    ((start.elapsed() + Duration::from_millis(500)).as_secs(), result)
}

fn conflicts(service: &str) -> Vec<Conflict> {
    Registry::global().conflicts().into_iter().filter(|conflict| conflict.service == service).collect()
}

fn request_timeouts(service: &str) -> Vec<(String, Origin, Vec<String>)> {
    let values = Registry::global().explain(service).expect("annotated").values.into_iter();
    let own = values.filter(|value| value.key == "request_timeout");
    own.map(|value| (value.value, value.origin, value.overridden.into_iter().map(|weaker| weaker.value).collect()))
        .collect()
}

#[circuit_breaker(service = "two", request_timeout = "1s")]
async fn look_up() -> Answer {
    pending().await
}
const LOOK_UP: u32 = line!() - 4;

#[circuit_breaker(service = "two", request_timeout = "60s")]
async fn export(seconds: u64) -> Answer {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Ok(7)
}
const EXPORT: u32 = line!() - 5;

/// Such functions of a service that one test has for itself.
macro_rules! functions {
    ($module:ident, $service:literal) => {
        mod $module {
            use super::*;

            #[circuit_breaker(service = $service, request_timeout = "1s")]
            pub(super) async fn look_up() -> Answer {
                pending().await
            }

            #[circuit_breaker(service = $service, request_timeout = "60s")]
            pub(super) async fn export(seconds: u64) -> Answer {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok(7)
            }

            #[circuit_breaker(service = $service)]
            pub(super) fn silent(seconds: u64) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
                Box::pin(async move {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    Ok(8)
                })
            }
        }
    };
}

functions!(one_state, "one state");
functions!(from_file, "from a file");
functions!(from_defaults, "from defaults");

#[tokio::test(start_paused = true)]
async fn two_functions_of_one_service_have_their_own_timeouts_and_one_state() {
    let _turn = turn().await;
    assert_eq!(taken(one_state::look_up()).await, (1, timed_out("one state", 1.0)));
    assert_eq!(taken(one_state::export(40)).await, (40, Ok(7)));
    assert_eq!(taken(one_state::export(90)).await, (60, timed_out("one state", 60.0)));
    assert_eq!(taken(one_state::silent(900)).await, (900, Ok(8)), "a function that says none has none");
    let two = breaker("one state");
    assert_eq!(two.metrics().timeouts, 2);
    assert_eq!(conflicts("one state").iter().filter(|conflict| conflict.key == "request_timeout").count(), 0);
    // By hand: the service's alone, and there is none.
    let by_hand = two.call_async(async {
        tokio::time::sleep(Duration::from_secs(900)).await;
        Ok::<_, ()>(9)
    });
    assert_eq!(taken(by_hand).await, (900, Ok(9)));
    assert_eq!(two.config().request_timeout(), None);
}

#[tokio::test(start_paused = true)]
async fn a_files_timeout_of_the_service_holds_for_all_functions_at_once() {
    let _turn = turn().await;
    let registry = Registry::global();
    assert_eq!(taken(from_file::look_up()).await.0, 1);
    registry.configure(for_service("from a file", timeout(5.0))).expect("valid");
    assert_eq!(taken(from_file::look_up()).await, (5, timed_out("from a file", 5.0)));
    assert_eq!(taken(from_file::export(40)).await, (5, timed_out("from a file", 5.0)));
    assert_eq!(taken(from_file::silent(40)).await, (5, timed_out("from a file", 5.0)));
    let two = breaker("from a file");
    let by_hand = two.call_async(pending::<Result<(), ()>>());
    let expected = CallError::Breaker(CircuitBreakerError::timed_out("from a file", s(5.0)));
    assert_eq!(taken(by_hand).await, (5, Err(expected)));
    registry.configure(SettingsLayer::default()).expect("valid");
    breaker("from a file").reset();
    assert_eq!(taken(from_file::export(40)).await, (40, Ok(7)), "its own again");
    registry.configure(for_service("from a file", Settings::NONE.off("request_timeout"))).expect("valid");
    assert_eq!(taken(from_file::export(90)).await, (90, Ok(7)), "off for all");
    registry.apply("from a file", timeout(3.0)).expect("valid");
    assert_eq!(taken(from_file::export(40)).await.0, 3, "at run time, too");
    registry.apply("from a file", Settings::NONE).expect("valid");
    registry.configure(SettingsLayer::default()).expect("valid");
    breaker("from a file").reconfigure(Config::builder().request_timeout(s(2.0)).build().expect("valid"));
    assert_eq!(taken(from_file::export(40)).await.0, 2, "and by hand");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_files_defaults_holds_for_functions_that_have_none() {
    let _turn = turn().await;
    let mut defaults = SettingsLayer::default();
    defaults.defaults = file(timeout(2.0));
    Registry::global().configure(defaults).expect("valid");
    assert_eq!(taken(from_defaults::look_up()).await.0, 1);
    assert_eq!(taken(from_defaults::export(40)).await, (40, Ok(7)));
    assert_eq!(taken(from_defaults::silent(40)).await, (2, timed_out("from defaults", 2.0)));
    assert_eq!(taken(breaker("from defaults").call_async(pending::<Result<(), ()>>())).await.0, 2, "by hand");
}

#[circuit_breaker(service = "preset", preset = "s3", request_timeout = off)]
async fn upload(seconds: u64) -> Answer {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Ok(7)
}

#[circuit_breaker(service = "preset", preset = "s3")]
async fn download() -> Answer {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn off_in_the_attribute_is_off_for_that_function_alone() {
    let _turn = turn().await;
    assert_eq!(taken(upload(900)).await, (900, Ok(7)));
    assert_eq!(taken(download()).await, (30, timed_out("preset", 30.0)));
    assert_eq!(taken(breaker("preset").call_async(pending::<Result<(), ()>>())).await.0, 30, "the preset's");
    assert_eq!(conflicts("preset"), []);
}

/// A fallback that takes parameters by value: admission comes first, and the call runs under a permit.
#[circuit_breaker(service = "kept", request_timeout = "4s", fallback = told)]
async fn kept(name: String) -> Answer {
    drop(name);
    pending().await
}

async fn told(name: String, error: CircuitBreakerError) -> Answer {
    assert_eq!(error, CircuitBreakerError::timed_out("kept", s(4.0)));
    Ok(u32::try_from(name.len()).unwrap_or_default())
}

#[circuit_breaker(service = "kept", request_timeout = "8s")]
fn eager() -> impl Future<Output = Answer> {
    pending()
}

#[tokio::test(start_paused = true)]
async fn a_function_of_any_shape_has_its_own() {
    let _turn = turn().await;
    assert_eq!(taken(kept("four".to_owned())).await, (4, Ok(4)));
    assert_eq!(taken(eager()).await, (8, timed_out("kept", 8.0)));
}

#[test]
fn explain_shows_the_timeout_of_each_function() {
    let _turn = turn_blocking();
    let registry = Registry::global();
    let place = |line: u32| Origin::Code(format!("{}:{line}", file!()));
    let own = |below: &[&str]| {
        let below: Vec<String> = below.iter().map(|value| (*value).to_owned()).collect();
        [("1s".to_owned(), place(LOOK_UP), below.clone()), ("60s".to_owned(), place(EXPORT), below)]
    };
    assert_eq!(request_timeouts("two"), own(&[]));
    let mut defaults = SettingsLayer::default();
    defaults.defaults = file(timeout(2.0));
    registry.configure(defaults).expect("valid");
    let inherited = ("2s".to_owned(), Origin::File("b.yaml:3:5".to_owned()), Vec::new());
    assert_eq!(request_timeouts("two"), [&[inherited][..], &own(&["2s"])].concat());
    registry.configure(for_service("two", timeout(5.0))).expect("valid");
    let all = ("5s".to_owned(), Origin::File("b.yaml:3:5".to_owned()), vec!["1s".to_owned(), "60s".to_owned()]);
    assert_eq!(request_timeouts("two"), [all]);
}

#[test]
fn the_default_lease_takes_the_longest_of_the_functions() {
    let _turn = turn_blocking();
    let two = breaker("two");
    assert_eq!(two.config().half_open_timeout(), Some(s(60.0)), "not 30 s, which is open_timeout");
    Registry::global().configure(for_service("two", timeout(5.0))).expect("valid");
    assert_eq!(two.config().half_open_timeout(), Some(s(30.0)), "no function may take longer than 5 s");
    let longer = Settings { open_timeout: Some(s(90.0)), ..Settings::NONE };
    Registry::global().configure(for_service("two", longer)).expect("valid");
    assert_eq!(two.config().half_open_timeout(), Some(s(90.0)));
}

#[test]
fn slow_call_duration_is_checked_against_each_function() {
    let _turn = turn_blocking();
    let registry = Registry::global();
    let slow = |seconds: f64| Settings { slow_call_duration: Some(s(seconds)), ..Settings::NONE };
    let [error] =
        registry.configure(for_service("two", slow(2.0))).expect_err("longer than 1 s").try_into().expect("one");
    let [fault] = error.faults() else { panic!("{error}") };
    let expected = format!(
        "slow_call_duration = 2s: must be at most `request_timeout`, which is 1s at {}:{LOOK_UP}; write a shorter \
         `slow_call_duration` or a longer `request_timeout`",
        file!()
    );
    assert_eq!(fault.to_string(), expected);
    registry.configure(for_service("two", slow(0.5))).expect("shorter than each");
    let both = Settings { request_timeout: Some(s(5.0)), ..slow(2.0) };
    registry.configure(for_service("two", both)).expect("the functions' own have no effect");
    let error = registry.configure(for_service("two", slow(61.0))).expect_err("longer than both");
    assert_eq!(error[0].faults().len(), 2, "{error:?}");
}

#[circuit_breaker(service = "torn", slow_call_duration = "2s", slow_call_rate = 0.5, request_timeout = "9s")]
async fn slow() -> Answer {
    Ok(1)
}

#[circuit_breaker(service = "torn", request_timeout = "1s")]
async fn quick() -> Answer {
    pending().await
}

/// It is a conflict of the code, and files are at fault in nothing.
#[tokio::test(start_paused = true)]
async fn a_function_that_is_shorter_than_the_slow_calls_of_another_is_a_conflict() {
    let _turn = turn().await;
    assert_eq!(taken(slow()).await, (0, Ok(1)));
    assert_eq!(taken(quick()).await, (1, timed_out("torn", 1.0)));
    let [conflict] = conflicts("torn").try_into().expect("one");
    assert!(conflict.second.value.contains("must be at most `request_timeout`, which is 1s at "), "{conflict}");
    let torn = breaker("torn");
    assert_eq!(torn.config().slow_call_duration(), Some(s(2.0)));
    let file = Settings { open_timeout: Some(s(3.0)), ..Settings::NONE };
    Registry::global().configure(for_service("torn", file)).expect("no fault of the file");
    assert_eq!(torn.config().open_timeout(), s(3.0));
    assert_eq!(taken(quick()).await, (1, timed_out("torn", 1.0)));
}

/// A reload tells of what it changes, also where the service's value stays the same.
#[tokio::test(start_paused = true)]
async fn a_file_that_repeats_the_presets_timeout_makes_it_hold_for_all() {
    let _turn = turn().await;
    assert_eq!(taken(upload(40)).await, (40, Ok(7)));
    Registry::global().configure(for_service("preset", timeout(30.0))).expect("valid");
    assert_eq!(taken(upload(40)).await, (30, timed_out("preset", 30.0)));
}

/// Calls that run at a reload keep the deadline that they have.
#[tokio::test(start_paused = true)]
async fn a_reload_holds_for_the_next_calls() {
    let _turn = turn().await;
    let running = tokio::spawn(export(40));
    tokio::task::yield_now().await;
    Registry::global().configure(for_service("two", timeout(5.0))).expect("valid");
    assert_eq!(running.await.expect("no panic"), Ok(7));
    assert_eq!((taken(export(40)).await.0, taken(look_up()).await.0), (5, 5));
}

/// The service's `request_timeout` is another thing than that of a function; set too late, it has no effect, and that is told.
#[test]
fn a_builder_that_sets_one_for_an_annotated_service_is_a_conflict() {
    let _turn = turn_blocking();
    let _ = breaker("kept");
    let config = Config::builder().request_timeout(s(4.0)).build().expect("valid");
    let by_hand = Registry::global().get_or_create("kept", config);
    assert_eq!(by_hand.config().request_timeout(), None);
    let [conflict] = conflicts("kept").try_into().expect("one");
    let values = (conflict.key, conflict.first.value.as_str(), conflict.second.value.as_str());
    assert_eq!(values, ("request_timeout", "not set for the service", "4s"));
}
