//! Scopes in tasks and threads.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use breaker_core::{Mode, Registry, Scope, ScopedFuture, circuit_breaker};
use breaker_tests::poll_once;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use tokio::task::{spawn_blocking, yield_now};

use super::{StoreError, breaker};

assert_not_impl_any!(Scope: Send, Sync);
assert_impl_all!(ScopedFuture<std::future::Ready<()>>: Send, Sync, Unpin);
assert_not_impl_any!(ScopedFuture<std::rc::Rc<()>>: Send);

fn id() -> &'static str {
    Registry::global().boot_id()
}

#[circuit_breaker(service = "carried")]
async fn fetch() -> Result<&'static str, StoreError> {
    yield_now().await;
    Ok(id())
}

fn requests(registry: &Registry) -> u64 {
    registry.get("carried").expect("annotated").metrics().requests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_is_in_the_scope_if_it_is_instrumented() {
    let scope = Registry::scope();
    let own = scope.registry().boot_id();
    assert_eq!(tokio::spawn(scope.instrument(fetch())).await.expect("no panic"), Ok(own));
    assert_eq!(requests(scope.registry()), 1);
    let elsewhere = tokio::spawn(fetch()).await.expect("no panic");
    assert_ne!(elsewhere, Ok(own));
    assert_eq!(requests(scope.registry()), 1);
    assert_eq!(fetch().await, Ok(own));
}

/// Many scopes whose tasks share two threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_several_scopes_share_a_thread() {
    let scopes: Vec<_> = (0..8).map(|_| Registry::scope()).collect();
    let tasks: Vec<_> = scopes
        .iter()
        .map(|scope| {
            let own = scope.registry().boot_id();
            tokio::spawn(scope.instrument(async move {
                for _ in 0..50 {
                    assert_eq!(fetch().await, Ok(own));
                }
            }))
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    assert!(scopes.iter().all(|scope| requests(scope.registry()) == 50));
}

/// A task may outlive the scope that it was made in.
#[tokio::test]
async fn a_future_stays_in_a_scope_that_its_thread_has_left() {
    let scope = Registry::scope();
    let registry = scope.registry();
    let task = scope.instrument(fetch());
    drop(scope);
    assert_eq!(task.await, Ok(registry.boot_id()));
    assert_ne!(id(), registry.boot_id());
}

#[tokio::test]
async fn threads_are_in_the_scope_by_a_wrapped_closure() {
    let scope = Registry::scope();
    let own = scope.registry().boot_id();
    assert_eq!(std::thread::spawn(scope.wrap(id)).join().expect("no panic"), own);
    assert_ne!(std::thread::spawn(id).join().expect("no panic"), own);
    assert_eq!(spawn_blocking(scope.wrap(id)).await.expect("no panic"), own);
    assert_ne!(spawn_blocking(id).await.expect("no panic"), own);
    // In the scope of another.
    let another = Registry::scope();
    assert_eq!(scope.wrap(id)(), own);
    assert_eq!(id(), another.registry().boot_id());
}

#[test]
fn a_wrapped_closure_that_panics_leaves_the_scope() {
    let scope = Registry::scope();
    let run = scope.wrap(|| panic!("on purpose"));
    drop(scope);
    let before = id();
    super::panic_of(run);
    assert_eq!(id(), before);
}

/// Tells in which scope it is dropped.
struct Tell(Arc<Mutex<Option<&'static str>>>);

impl Drop for Tell {
    fn drop(&mut self) {
        *self.0.lock().expect("no panic") = Some(id());
    }
}

#[test]
fn an_instrumented_future_is_dropped_in_its_scope() {
    let told = Arc::new(Mutex::new(None));
    let scope = Registry::scope();
    let own = scope.registry().boot_id();
    let tell = Tell(Arc::clone(&told));
    let mut future = Box::pin(scope.instrument(async move {
        let _tell = tell;
        pending::<()>().await;
    }));
    assert!(poll_once(&mut future).is_pending());
    drop(scope);
    assert_ne!(id(), own);
    drop(future);
    assert_eq!(*told.lock().expect("no panic"), Some(own));
    assert_ne!(id(), own);
}

#[circuit_breaker(service = "kept", fallback = |_| Err(StoreError::Missing))]
async fn slow() -> Result<(), StoreError> {
    yield_now().await;
    Err(StoreError::Unreachable)
}

/// A call that began in a scope keeps its breaker.
#[tokio::test]
async fn a_call_keeps_its_breaker() {
    let scope = Registry::scope();
    let kept = breaker("kept");
    let mut call = pin!(slow());
    poll_fn(|cx| {
        assert!(call.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    assert_eq!(kept.metrics().in_flight, 1);
    drop(scope);
    assert_eq!(call.await, Err(StoreError::Missing));
    let metrics = kept.metrics();
    assert_eq!((metrics.in_flight, metrics.failures), (0, 1));
    assert_eq!(breaker("kept").metrics().requests, 0);
}

#[tokio::test]
async fn events_of_a_scope_are_heard_where_they_happen() {
    let scope = Registry::scope();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    scope.registry().on_event(move |_| sink.lock().expect("no panic").push(id()));
    breaker("carried").set_mode(Mode::ForcedOpen);
    assert_eq!(*told.lock().expect("no panic"), [scope.registry().boot_id()]);
}
