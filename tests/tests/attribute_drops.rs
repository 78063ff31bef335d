//! The order in which arguments are dropped is the same with and without the attribute.

use std::cell::RefCell;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use breaker_tests::block_on;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Noted(&'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

type Done = Result<usize, CircuitBreakerError>;

/// Defines each function twice: with the attribute and without it.
macro_rules! twins {
    ($(#[$attr:meta] fn $name:ident($($parameters:tt)*) $body:block)*) => {
        mod with {
            use super::*;
            $(#[$attr] pub(super) fn $name($($parameters)*) -> Done $body)*
            pub(super) mod later {
                use super::*;
                $(#[$attr] pub(in super::super) async fn $name($($parameters)*) -> Done $body)*
            }
        }
        #[expect(clippy::unnecessary_wraps, reason = "same signature as the annotated twin")]
        mod without {
            use super::*;
            $(pub(super) fn $name($($parameters)*) -> Done $body)*
            pub(super) mod later {
                use super::*;
                $(pub(in super::super) async fn $name($($parameters)*) -> Done $body)*
            }
        }
    };
}

twins! {
    #[circuit_breaker(service = "drops")]
    fn used_in_another_order(a: Noted, b: Noted, c: Noted) { Ok(b.0.len() + c.0.len() + a.0.len()) }

    #[circuit_breaker(service = "drops")]
    fn guard_at_the_end(a: Noted, b: Noted, _guard: Noted) { Ok(a.0.len() + b.0.len()) }

    #[circuit_breaker(service = "drops")]
    fn of_a_pattern((a, b): (Noted, Noted), c: Noted) { Ok(c.0.len() + a.0.len() + b.0.len()) }

    #[circuit_breaker(service = "drops")]
    fn one_is_moved(a: Noted, b: Noted, c: Noted) { drop(b); Ok(c.0.len() + a.0.len()) }
}

fn dropped(run: impl FnOnce() -> Done) -> Vec<&'static str> {
    run().expect("the circuit is closed");
    DROPPED.take()
}

fn abc() -> (Noted, Noted, Noted) {
    (Noted("a"), Noted("b"), Noted("c"))
}

#[test]
fn arguments_are_dropped_in_the_order_that_they_have_without_the_attribute() {
    type Three = fn(Noted, Noted, Noted) -> Done;
    let table: [(Three, Three); 3] = [
        (with::used_in_another_order, without::used_in_another_order),
        (with::guard_at_the_end, without::guard_at_the_end),
        (with::one_is_moved, without::one_is_moved),
    ];
    for (number, (with, without)) in table.into_iter().enumerate() {
        let of = |function: Three| {
            dropped(|| {
                let (a, b, c) = abc();
                function(a, b, c)
            })
        };
        assert_eq!(of(with), of(without), "row {number}");
    }
    let of = |function: fn((Noted, Noted), Noted) -> Done| {
        dropped(|| {
            let (a, b, c) = abc();
            function((a, b), c)
        })
    };
    assert_eq!(of(with::of_a_pattern), of(without::of_a_pattern));
}

macro_rules! assert_same_later {
    ($(|$names:pat_param| $name:ident $arguments:tt),*) => {
        $({
            let with = dropped(|| { let $names = abc(); block_on(with::later::$name $arguments) });
            let without = dropped(|| { let $names = abc(); block_on(without::later::$name $arguments) });
            assert_eq!(with, without, stringify!($name));
        })*
    };
}

#[test]
fn arguments_of_an_async_fn_are_dropped_in_the_order_that_they_have_without_the_attribute() {
    assert_same_later!(
        |(a, b, c)| used_in_another_order(a, b, c),
        |(a, b, c)| guard_at_the_end(a, b, c),
        |(a, b, c)| one_is_moved(a, b, c),
        |(a, b, c)| of_a_pattern((a, b), c)
    );
}
