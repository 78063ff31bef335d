//! Loads through the cache.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use breaker_core::{Config, Mode};
use breaker_redis::Cache;
use redis::Value;
use tokio::sync::Semaphore;

use crate::rig::{Answer, Scripted, guarded, parsed};

fn cache(script: &Scripted, mode: Mode) -> Cache<Scripted> {
    let (connection, breaker, _) = guarded(&Config::builder(), script.clone());
    breaker.set_mode(mode);
    Cache::new(connection)
}

#[tokio::test]
async fn a_hit_is_not_loaded_and_a_miss_is_kept() {
    let script = Scripted::default().then(Answer::Value(parsed("+found\r\n"))).then(Answer::Value(Value::Nil));
    let cache = cache(&script, Mode::Automatic);
    let load = || async { Ok::<_, Infallible>("loaded".to_owned()) };
    let found: String = cache.get_or_load("a", None, || async { Err("not called") }).await.expect("it is there");
    let Ok(loaded) = cache.get_or_load("b", None, load).await;
    assert_eq!((found.as_str(), loaded.as_str()), ("found", "loaded"));
    assert_eq!(script.asked(), ["GET a", "GET b", "SET b loaded"]);
}

#[tokio::test]
async fn an_entry_of_another_type_is_overwritten() {
    let script = Scripted::default().then(Answer::Value(parsed("+text\r\n")));
    let cache = cache(&script, Mode::Automatic);
    let Ok(loaded) = cache.get_or_load("a", None, || async { Ok::<_, Infallible>(7) }).await;
    assert_eq!((loaded, script.asked()), (7, vec!["GET a".to_owned(), "SET a 7".to_owned()]));
}

/// Starts `callers` at once, whose loads wait for the gate. Returns their values and how many loads there were.
async fn loads(cache: &Cache<Scripted>, callers: usize) -> (Vec<usize>, usize) {
    let (count, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (cache, count, gate) = (cache.clone(), Arc::clone(&count), Arc::clone(&gate));
            tokio::spawn(async move {
                let load = || async {
                    let number = count.fetch_add(1, Relaxed) + 1;
                    gate.acquire().await.expect("it stays open").forget();
                    Ok::<_, Infallible>(number)
                };
                let Ok(value) = cache.get_or_load("key", None, load).await;
                value
            })
        })
        .collect();
    // Until all have missed and wait, one of them in its load.
    for _ in 0..10 * callers {
        tokio::task::yield_now().await;
    }
    gate.add_permits(callers);
    let mut values = Vec::new();
    for task in tasks {
        values.push(task.await.expect("it ends"));
    }
    (values, count.load(Relaxed))
}

#[tokio::test]
async fn callers_that_miss_at_once_load_once_also_while_the_circuit_is_open() {
    for mode in [Mode::Automatic, Mode::ForcedOpen] {
        let script = (0..8).fold(Scripted::default(), |script, _| script.then(Answer::Value(Value::Nil)));
        let cache = cache(&script, mode);
        assert_eq!(loads(&cache, 8).await, (vec![1; 8], 1), "{mode:?}");
        let is_open = mode == Mode::ForcedOpen;
        // All reads and the one write.
        assert_eq!(cache.breaker().metrics().fallback_successes, if is_open { 9 } else { 0 });
    }
}

#[tokio::test]
async fn a_later_caller_loads_anew() {
    let cache = cache(&Scripted::default(), Mode::ForcedOpen);
    assert_eq!(loads(&cache, 2).await, (vec![1, 1], 1));
    // Nothing was kept, neither in Redis nor here.
    assert_eq!(loads(&cache, 1).await, (vec![1], 1));
}

#[tokio::test]
async fn the_next_caller_loads_if_one_fails_or_is_dropped() {
    let cache = cache(&Scripted::default(), Mode::ForcedOpen);
    let first = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_or_load("key", None, std::future::pending::<Result<u32, String>>).await }
    });
    tokio::task::yield_now().await;
    let others: Vec<_> = [Err("it fails".to_owned()), Ok(3)]
        .into_iter()
        .map(|result| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.get_or_load("key", None, || async { result }).await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(others.iter().all(|task| !task.is_finished()), "they wait for the first one");
    first.abort();
    let mut results = Vec::new();
    for task in others {
        results.push(task.await.expect("it ends"));
    }
    assert_eq!(results, [Err("it fails".to_owned()), Ok(3)]);
}

#[tokio::test]
async fn callers_of_different_keys_or_types_load_for_themselves() {
    let cache = cache(&Scripted::default(), Mode::ForcedOpen);
    let number = cache.get_or_load("key", None, || async {
        // Another key, while this one is being loaded.
        let Ok(other) = cache.get_or_load("other", None, || async { Ok::<_, Infallible>(1) }).await;
        Ok::<_, Infallible>(other + 1)
    });
    let text = cache.get_or_load("key", None, || async { Ok::<_, Infallible>("text".to_owned()) });
    assert_eq!(tokio::join!(number, text), (Ok(2), Ok("text".to_owned())));
}
