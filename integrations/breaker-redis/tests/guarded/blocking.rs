//! Commands that wait on the server.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, State};
use breaker_redis::{Guarded, is_blocking};
use redis::{Cmd, Value, cmd, pipe};

use crate::rig::{Answer, Scripted, guarded, parsed};

fn command(words: &str) -> Cmd {
    let mut words = words.split(' ');
    let mut command = cmd(words.next().expect("split gives at least one"));
    words.for_each(|word| {
        command.arg(word);
    });
    command
}

#[test]
fn the_table_of_commands() {
    let blocking = [
        "BLPOP a 0",
        "BRPOP a b 1.5",
        "BLMOVE a b LEFT RIGHT 0",
        "BLMPOP 0 1 a LEFT",
        "BRPOPLPUSH a b 0",
        "BZPOPMIN a 0",
        "BZPOPMAX a 0",
        "BZMPOP 1 1 a MIN",
        "WAIT 1 0",
        "WAITAOF 1 0 0",
        "blpop a 0",
        "bLpOp a 0",
        "wait 1 0",
        "XREAD BLOCK 0 STREAMS a $",
        "XREAD COUNT 2 BLOCK 0 STREAMS a $",
        "xread block 0 streams a $",
        "XREADGROUP GROUP g c BLOCK 0 STREAMS a >",
        "XREADGROUP GROUP g c COUNT 2 NOACK BLOCK 0 STREAMS a >",
    ];
    for words in blocking {
        assert!(is_blocking(&command(words)), "{words}");
    }
    let others = [
        "GET BLPOP",
        "LPOP a",
        "BITCOUNT a",
        "BGSAVE",
        "BLPOPX a",
        "XADD a * BLOCK 1",
        "XREAD STREAMS BLOCK 0",
        "XREAD COUNT 2 STREAMS BLOCK 0",
        "XREADGROUP GROUP BLOCK BLOCK STREAMS a >",
        "XREADGROUP GROUP g c STREAMS BLOCK >",
        "XRANGE a - +",
        "WATCH a",
        "EVAL x 0 BLPOP",
        "B",
        "X",
        "W",
    ];
    for words in others {
        assert!(!is_blocking(&command(words)), "{words}");
    }
    assert!(!is_blocking(&Cmd::new()));
    let mut cursor = cmd("XREAD");
    cursor.cursor_arg(0).arg("BLOCK").arg(0);
    assert!(is_blocking(&cursor));
}

fn limited() -> (CircuitBreaker, Duration) {
    let (timeout, slow) = (Duration::from_secs(2), Duration::from_secs(1));
    let config = Config::builder().request_timeout(timeout).slow_call_duration(slow).slow_call_rate(0.1);
    (CircuitBreaker::new("queue", config.build().expect("it is valid")), Duration::from_secs(60))
}

#[tokio::test(start_paused = true)]
async fn they_are_exempt_from_the_timeout_and_from_slow_calls() {
    let (breaker, long) = limited();
    let script = Scripted::default()
        .then(Answer::After(long, Value::Nil))
        .then(Answer::After(long, Value::Array(vec![Value::Nil, Value::Okay])))
        .then(Answer::After(long, Value::Okay));
    let mut connection = Guarded::with(breaker.clone(), script);
    cmd("BLPOP").arg("a").arg(0).exec_async(&mut connection).await.expect("it may wait");
    pipe().cmd("BLPOP").arg("a").arg(0).cmd("PING").exec_async(&mut connection).await.expect("it may wait, too");
    let metrics = breaker.metrics();
    assert_eq!((metrics.successes, metrics.slow, metrics.timeouts), (2, 0, 0));
    cmd("PING").exec_async(&mut connection).await.expect_err("it may not");
    assert_eq!(breaker.metrics().timeouts, 1);
}

#[tokio::test]
async fn their_errors_open_the_circuit() {
    let loading = || Answer::Value(parsed("-LOADING Redis is loading the dataset in memory\r\n"));
    let script = Scripted::default().then(loading()).then(loading());
    let (mut connection, breaker, _) = guarded(&Config::builder().consecutive_failures(2), script.clone());
    for _ in 0..3 {
        cmd("BLPOP").arg("a").arg(0).exec_async(&mut connection).await.expect_err("it fails or is rejected");
    }
    assert_eq!((breaker.state(), script.asked().len()), (State::Open, 2));
    let metrics = breaker.metrics();
    assert_eq!((metrics.requests, metrics.failures, metrics.rejections), (3, 2, 1));
}

#[tokio::test]
async fn they_take_no_place_of_a_probe() {
    let (mut connection, breaker, hand) = guarded(
        &Config::builder().consecutive_failures(1).half_open_max_calls(1).success_threshold(1),
        Scripted::default().then(Answer::Value(parsed("-LOADING wait\r\n"))).then(Answer::Never),
    );
    cmd("GET").exec_async(&mut connection).await.expect_err("it is loading");
    hand.advance(Duration::from_secs(30));
    let mut other = connection.clone();
    let waiting = tokio::spawn(async move { cmd("BLPOP").arg("a").arg(0).exec_async(&mut other).await });
    tokio::task::yield_now().await;
    assert_eq!(connection.get_ref().asked().last().map(String::as_str), Some("BLPOP a 0"));
    // The only place is free, so this is the probe.
    cmd("PING").exec_async(&mut connection).await.expect("it is admitted");
    assert_eq!(breaker.state(), State::Closed);
    waiting.abort();
    assert!(waiting.await.expect_err("it was dropped").is_cancelled());
    let metrics = breaker.metrics();
    assert_eq!((metrics.abandoned, metrics.in_flight, metrics.requests), (0, 0, 2));
}
