//! A plain function can't be cancelled: a `request_timeout` that is set for its service has no effect on it, and that is
//! told.

use breaker_core::{
    Conflict, ConflictKind, EventKind, Origin, Registry, Settings, SettingsLayer, SourcedSettings, circuit_breaker,
};
use breaker_tests::s;

use crate::{turn, turn_blocking};

type Answer = Result<u32, breaker_core::CircuitBreakerError>;

#[circuit_breaker(service = "plain-mixed")]
fn plain() -> Answer {
    Ok(1)
}
const PLAIN: u32 = line!() - 4;

#[circuit_breaker(service = "plain-mixed")]
async fn asynchronous() -> Answer {
    Ok(2)
}

#[circuit_breaker(service = "plain-mixed")]
fn boxed() -> std::pin::Pin<Box<dyn Future<Output = Answer>>> {
    Box::pin(async move { Ok(3) })
}

#[circuit_breaker(service = "plain-mixed")]
fn eager() -> std::pin::Pin<Box<dyn Future<Output = Answer>>> {
    let future = async { Ok(4) };
    Box::pin(future)
}

#[circuit_breaker(service = "plain-mixed")]
fn opaque() -> impl Future<Output = Answer> {
    async { Ok(5) }
}

struct Store;

#[async_trait::async_trait]
trait Read {
    async fn read(&self) -> Answer;
}

#[async_trait::async_trait]
impl Read for Store {
    #[circuit_breaker(service = "plain-mixed")]
    async fn read(&self) -> Answer {
        Ok(6)
    }
}

#[circuit_breaker(service = "plain-all")]
fn first() -> Answer {
    Ok(1)
}
const FIRST: u32 = line!() - 4;

#[circuit_breaker(service = "plain-all", fallback = |_error| Ok(3))]
#[track_caller]
fn second(_by_value: String) -> Answer {
    Ok(2)
}
const SECOND: u32 = line!() - 5;

const NOTHING: [Vec<String>; 2] = [const { Vec::new() }; 2];

#[circuit_breaker(service = "plain-preset", preset = "database")]
fn query() -> Answer {
    Ok(1)
}

#[circuit_breaker(service = "plain-told")]
fn told() -> Answer {
    Ok(1)
}

fn timeout(seconds: f64) -> Settings {
    Settings { request_timeout: Some(s(seconds)), ..Settings::NONE }
}

fn file(settings: Settings) -> SourcedSettings {
    SourcedSettings::new(settings, |_| Origin::File("b.yaml:3:5".to_owned()))
}

fn for_services(services: &[&str], settings: &Settings) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    for service in services {
        layer.services.insert((*service).to_owned(), file(settings.clone()));
    }
    layer
}

fn conflicts(service: &str) -> Vec<Conflict> {
    Registry::global().conflicts().into_iter().filter(|conflict| conflict.service == service).collect()
}

fn texts(service: &str) -> Vec<String> {
    conflicts(service).iter().map(Conflict::to_string).collect()
}

#[tokio::test]
async fn a_files_timeout_for_plain_functions_is_told_with_both_places() {
    let _turn = turn().await;
    assert_eq!((plain(), asynchronous().await, boxed().await, eager().await), (Ok(1), Ok(2), Ok(3), Ok(4)));
    assert_eq!((opaque().await, Store.read().await), (Ok(5), Ok(6)));
    let registry = Registry::global();
    assert_eq!([texts("plain-mixed"), texts("plain-all")], NOTHING);
    registry.configure(for_services(&["plain-mixed", "plain-all"], &timeout(2.0))).expect("valid");
    let mixed = format!(
        "service `plain-mixed`: `request_timeout` is 2s (b.yaml:3:5), but a plain `fn` can't be cancelled: no effect on \
         the function at {}:{PLAIN}",
        file!()
    );
    assert_eq!(texts("plain-mixed"), [mixed]);
    let [conflict] = <[Conflict; 1]>::try_from(conflicts("plain-mixed")).expect("one");
    assert_eq!((conflict.kind, conflict.key), (ConflictKind::PlainFunctions, "request_timeout"));
    let all = format!(
        "service `plain-all`: `request_timeout` is 2s (b.yaml:3:5), but a plain `fn` can't be cancelled: no effect on the \
         functions at {0}:{FIRST}, {0}:{SECOND}",
        file!()
    );
    assert_eq!(texts("plain-all"), [all]);
    assert_eq!((first(), second(String::new())), (Ok(1), Ok(2)));
    registry
        .configure(for_services(&["plain-mixed", "plain-all"], &Settings::NONE.off("request_timeout")))
        .expect("valid");
    assert_eq!([texts("plain-mixed"), texts("plain-all")], NOTHING, "off is off");
    registry.apply("plain-mixed", timeout(3.0)).expect("valid");
    let [text] = <[String; 1]>::try_from(texts("plain-mixed")).expect("at run time, too");
    assert!(text.starts_with("service `plain-mixed`: `request_timeout` is 3s (set at run time), but"), "{text}");
}

#[test]
fn a_timeout_of_a_preset_or_of_the_defaults_of_a_file_is_not_applied_and_nothing_is_told() {
    let _turn = turn_blocking();
    let mut layer = SettingsLayer::default();
    layer.defaults = file(timeout(2.0));
    Registry::global().configure(layer).expect("valid");
    assert_eq!(query(), Ok(1));
    assert_eq!([texts("plain-preset"), texts("plain-all")], NOTHING);
}

#[test]
fn it_is_told_once() {
    let _turn = turn_blocking();
    let registry = Registry::global();
    assert_eq!(told(), Ok(1));
    let mut events = registry.get("plain-told").expect("annotated").subscribe();
    for threshold in [3, 3, 4] {
        let settings = Settings { failure_threshold: Some(threshold), ..timeout(2.0) };
        registry.configure(for_services(&["plain-told"], &settings)).expect("valid");
    }
    registry.apply("plain-told", timeout(5.0)).expect("valid");
    let mut heard = Vec::new();
    while let Some(event) = events.try_recv() {
        if let EventKind::Conflict(conflict) = event.kind {
            heard.push(conflict.second.value.clone());
        }
    }
    assert_eq!(heard, ["2s", "5s"], "once for each value");
}
