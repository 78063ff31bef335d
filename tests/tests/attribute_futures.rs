//! The future of an annotated function: hardly larger than the plain one, `Send` if that one is, and safe to cancel.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use breaker_core::{CircuitBreakerError, Metrics, Registry, circuit_breaker};
use breaker_tests::assert_identity;

/// The most bytes that the attribute may add to a future.
const GROWTH: usize = 64;

type NumberResult = Result<u64, CircuitBreakerError>;

async fn pause() {
    tokio::task::yield_now().await;
}

/// Defines the same function twice: plain and with the attribute.
macro_rules! twins {
    ($plain:ident, $wrapped:ident, [$($key:tt)*], ($($name:ident: $ty:ty),*) $body:block) => {
        async fn $plain($($name: $ty),*) -> NumberResult $body

        #[circuit_breaker(service = "futures-size", $($key)*)]
        async fn $wrapped($($name: $ty),*) -> NumberResult $body
    };
}

twins!(plain_empty, wrapped_empty, [], () {
    pause().await;
    Ok(1)
});
twins!(plain_number, wrapped_number, [], (id: u64) {
    pause().await;
    Ok(id)
});
twins!(plain_borrows, wrapped_borrows, [request_timeout = "5s"], (store: &[u64], key: &str) {
    pause().await;
    Ok(store[0] + key.len() as u64)
});
twins!(plain_owner, wrapped_owner, [ignore_if = |_| false], (name: String) {
    pause().await;
    Ok(name.len() as u64)
});
twins!(plain_large, wrapped_large, [], (page: [u8; 4096]) {
    pause().await;
    Ok(u64::from(page[7]))
});
twins!(plain_state, wrapped_state, [], (id: u64) {
    let kept = [id; 100];
    pause().await;
    Ok(kept.iter().sum())
});
twins!(plain_early, wrapped_early, [], (name: String, ids: Vec<u64>) {
    let length = name.len() + ids.len();
    drop((name, ids));
    pause().await;
    Ok(length as u64)
});
// A parameter that the body does not name, such as a lock guard, is held to the end by both.
twins!(plain_guarded, wrapped_guarded, [], (_guards: [Option<Box<u64>>; 100], id: u64) {
    pause().await;
    Ok(id)
});
twins!(plain_answered, wrapped_answered, [fallback = |_| Ok(0)], (id: u64, key: &str) {
    pause().await;
    Ok(id + key.len() as u64)
});
twins!(plain_kept, wrapped_kept, [fallback = async |_| Ok(ids[0])], (ids: [u64; 100]) {
    pause().await;
    Ok(ids[1])
});

fn growth<P, W>(plain: &P, wrapped: &W) -> usize {
    size_of_val(wrapped).saturating_sub(size_of_val(plain))
}

#[test]
fn a_wrapped_future_is_at_most_64_bytes_larger() {
    let grown = [
        ("nothing", growth(&plain_empty(), &wrapped_empty())),
        ("a number", growth(&plain_number(1), &wrapped_number(1))),
        ("borrows", growth(&plain_borrows(&[1], "k"), &wrapped_borrows(&[1], "k"))),
        ("an owner", growth(&plain_owner(String::new()), &wrapped_owner(String::new()))),
        ("4 KiB by value", growth(&plain_large([0; 4096]), &wrapped_large([0; 4096]))),
        (
            "owners dropped early",
            growth(&plain_early(String::new(), Vec::new()), &wrapped_early(String::new(), Vec::new())),
        ),
        (
            "800 bytes that the body doesn't name",
            growth(&plain_guarded([const { None }; 100], 1), &wrapped_guarded([const { None }; 100], 1)),
        ),
        ("a fallback of its own", growth(&plain_answered(1, ""), &wrapped_answered(1, ""))),
        ("800 bytes of state", growth(&plain_state(1), &wrapped_state(1))),
    ];
    for (what, bytes) in grown {
        println!("{what}: {bytes} bytes more");
    }
    for (what, bytes) in grown {
        assert!(bytes <= GROWTH, "with {what}, the wrapped future is {bytes} bytes larger");
    }
}

#[test]
fn a_parameter_that_a_fallback_takes_by_value_adds_at_most_its_size_twice() {
    let grown = growth(&plain_kept([0; 100]), &wrapped_kept([0; 100]));
    println!("800 bytes that a fallback keeps: {grown} bytes more");
    // The copy held while the function runs, and the variable that the fallback borrows while it runs.
    assert!(grown <= GROWTH + 2 * 800, "{grown} bytes larger");
}

fn metrics(service: &str) -> Metrics {
    let breaker = Registry::global().get(service).expect("annotated");
    assert_identity(&breaker);
    breaker.metrics()
}

#[circuit_breaker(service = "futures-drop")]
async fn never_ends() -> NumberResult {
    std::future::pending().await
}

#[test]
fn a_future_that_is_dropped_is_abandoned_and_one_that_was_never_polled_is_no_call() {
    drop(never_ends());
    assert_eq!(metrics("futures-drop").requests, 0);
    {
        let mut future = pin!(never_ends());
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(metrics("futures-drop").in_flight, 1);
    }
    let after = metrics("futures-drop");
    assert_eq!((after.requests, after.abandoned, after.failures, after.in_flight), (1, 1, 0, 0));
}

#[circuit_breaker(service = "futures-timeout", request_timeout = "3s")]
async fn too_slow() -> NumberResult {
    std::future::pending().await
}

#[circuit_breaker(service = "futures-timeout", request_timeout = "3s")]
fn too_slow_boxed<'a>(by: &'a Duration) -> Pin<Box<dyn Future<Output = NumberResult> + Send + 'a>> {
    Box::pin(async move {
        tokio::time::sleep(*by).await;
        Ok(1)
    })
}

#[tokio::test(start_paused = true)]
async fn the_request_timeout_holds_for_functions_of_every_shape() {
    let timed_out = Err(CircuitBreakerError::timed_out("futures-timeout", Duration::from_secs(3)));
    assert_eq!(too_slow().await, timed_out);
    assert_eq!(too_slow_boxed(&Duration::from_secs(4)).await, timed_out);
    assert_eq!(too_slow_boxed(&Duration::from_secs(2)).await, Ok(1));
    let after = metrics("futures-timeout");
    assert_eq!((after.timeouts, after.failures, after.successes), (2, 2, 1));
}

#[circuit_breaker(service = "futures-eager")]
fn eager(made: &mut u32) -> impl Future<Output = NumberResult> + use<> {
    *made += 1;
    std::future::ready(Ok(1))
}

#[tokio::test]
async fn a_function_that_gives_a_future_is_asked_when_that_is_polled() {
    let mut made = 0;
    let future = eager(&mut made);
    assert_eq!((made, metrics("futures-eager").requests), (1, 0));
    assert_eq!(future.await, Ok(1));
    assert_eq!(metrics("futures-eager").successes, 1);
}
