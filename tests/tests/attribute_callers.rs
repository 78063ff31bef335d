//! `#[track_caller]` together with the attribute: panics in the body report the caller of the function.

use std::future::ready;
use std::panic::Location;
use std::pin::Pin;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use breaker_tests::block_on;

type Place = Result<&'static Location<'static>, CircuitBreakerError>;

/// Returns the line of a place in this file.
#[track_caller]
fn line_of(place: Place) -> u32 {
    let place = place.expect("the call succeeds");
    assert_eq!(place.file(), file!());
    place.line()
}

fn spare(_: String, _: &mut u32, error: CircuitBreakerError) -> Place {
    Err(error)
}

#[track_caller]
#[circuit_breaker(service = "callers")]
fn free() -> Place {
    Ok(Location::caller())
}

#[circuit_breaker(service = "callers")]
#[track_caller]
fn generic<'a, T, const N: usize>(name: &'a T, mut count: usize, more: impl Copy) -> Place
where
    T: AsRef<str> + ?Sized + 'a,
{
    count += N + size_of_val(&more);
    assert!(count > name.as_ref().len());
    Ok(Location::caller())
}

#[track_caller]
#[circuit_breaker(service = "callers", fallback = spare)]
fn with_a_path(name: String, count: &mut u32) -> Place {
    *count += 1;
    drop(name);
    Ok(Location::caller())
}

#[track_caller]
#[circuit_breaker(service = "callers", fallback = |error| { name.clear(); *count += 1; Err(error) })]
fn with_a_closure(mut name: String, count: &mut u32) -> Place {
    name.push('x');
    *count += 1;
    Ok(Location::caller())
}

#[track_caller]
#[circuit_breaker(service = "callers")]
fn gives_a_future(name: &str) -> impl Future<Output = Place> {
    assert!(!name.is_empty());
    ready(Ok(Location::caller()))
}

#[track_caller]
#[circuit_breaker(service = "callers")]
fn gives_a_box(name: &str) -> Pin<Box<dyn Future<Output = Place>>> {
    assert!(!name.is_empty());
    Box::pin(ready(Ok(Location::caller())))
}

#[derive(Clone)]
struct Client<T> {
    calls: u32,
    of: T,
}

impl<T: Clone> Client<T> {
    #[track_caller]
    #[circuit_breaker(service = "callers")]
    pub(crate) fn shared(&self) -> Place {
        let _ = self.of.clone();
        Ok(Location::caller())
    }

    /// Two functions on one type, whose hidden functions must not collide.
    #[track_caller]
    #[circuit_breaker(service = "callers", fallback = |error| { self.calls += 1; Err(error) })]
    pub(crate) fn mutable(&mut self, by: u32) -> Place {
        self.calls += by;
        Ok(Location::caller())
    }

    #[track_caller]
    #[circuit_breaker(service = "callers", fallback = Self::owned_spare)]
    pub(crate) fn owned(mut self, by: u32) -> Place {
        self.calls += by;
        Ok(Location::caller())
    }

    #[allow(clippy::unused_self, reason = "a fallback has the parameters of the function")]
    fn owned_spare(self, _: u32, error: CircuitBreakerError) -> Place {
        Err(error)
    }

    #[track_caller]
    #[circuit_breaker(service = "callers")]
    pub(crate) fn associated(like: &Self) -> Place {
        let _: T = Self { calls: 0, of: like.of.clone() }.of;
        Ok(Location::caller())
    }
}

/// A trait impl has no place for a hidden function, but the attribute must still compile.
trait Calls: Sized {
    fn called(&self) -> Place;

    fn made() -> Result<Self, CircuitBreakerError>;
}

impl<T: Clone + Default> Calls for Client<T> {
    #[track_caller]
    #[circuit_breaker(service = "callers")]
    fn called(&self) -> Place {
        Ok(Location::caller())
    }

    #[track_caller]
    #[circuit_breaker(service = "callers")]
    fn made() -> Result<Self, CircuitBreakerError> {
        Ok(Self { calls: 0, of: T::default() })
    }
}

impl<T> Client<T> {
    #[track_caller]
    #[circuit_breaker(service = "callers")]
    fn parts((calls, of): (u32, T)) -> Result<u32, CircuitBreakerError> {
        drop(of);
        Ok(calls)
    }
}

#[test]
fn a_function_under_track_caller_knows_its_caller() {
    assert_eq!(line_of(free()), line!());
    assert_eq!(line_of(generic::<str, 9>("a", 1, 2_u8)), line!());
    assert_eq!(line_of(with_a_path(String::new(), &mut 1)), line!());
    assert_eq!(line_of(with_a_closure(String::new(), &mut 1)), line!());
    assert_eq!(line_of(block_on(gives_a_future("a"))), line!());
    assert_eq!(line_of(block_on(gives_a_box("a"))), line!());
}

#[test]
fn a_method_with_a_visibility_knows_its_caller() {
    let mut client = Client { calls: 0, of: String::new() };
    assert_eq!(line_of(client.shared()), line!());
    assert_eq!(line_of(client.mutable(2)), line!());
    assert_eq!(line_of(Client::associated(&client)), line!());
    assert_eq!(client.calls, 2);
    assert_eq!(line_of(client.owned(1)), line!());
}

#[test]
fn where_no_function_can_stand_beside_it_the_caller_is_unknown() {
    let client = Client::<u8>::made().expect("the call succeeds");
    assert_ne!(line_of(client.called()), line!());
    assert_eq!(Client::parts((1, "a")), Ok(1));
}

#[test]
fn a_panic_under_track_caller_is_a_failure_of_the_service() {
    #[track_caller]
    #[circuit_breaker(service = "callers-panic", failure_threshold = 1)]
    fn panics() -> Place {
        panic!("as planned")
    }
    std::panic::catch_unwind(panics).expect_err("it panics");
    let breaker = breaker_core::Registry::global().get("callers-panic").expect("the attribute names it");
    assert_eq!((breaker.metrics().failures, breaker.state()), (1, breaker_core::State::Open));
    panics().expect_err("the circuit is open");
    assert_eq!(breaker.metrics().in_flight, 0);
}
