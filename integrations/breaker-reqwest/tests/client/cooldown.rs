//! `Retry-After`, with and without `cooldown`.

use std::time::{Duration, SystemTime};

use breaker_core::State;

use crate::rig::{Ends, OPEN, OPEN_MAX, Rig, Server, client, rig};

const WEEK: u64 = 7 * 24 * 60 * 60;

/// Sends one request that is answered with this status and header, to a breaker with a cooldown.
async fn answered(status: u16, header: String) -> Rig {
    let rig = rig();
    let server = Server::with_header(status, header).await;
    let client = client(rig.middleware().cooldown());
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), status);
    rig
}

fn wait(rig: &Rig) -> Option<Duration> {
    rig.breaker.peek().err().and_then(|rejection| rejection.retry_after)
}

#[tokio::test]
async fn the_circuit_opens_for_as_long_as_the_service_asks() {
    let failure = Ends { failures: 1, ..Ends::default() };
    for (header, expected) in [
        ("retry-after: 7".to_owned(), Duration::from_secs(7)),
        ("Retry-After:  90 ".to_owned(), Duration::from_secs(90)),
        ("retry-after-ms: 1500".to_owned(), Duration::from_millis(1500)),
        ("retry-after: 9\r\nretry-after-ms: 250".to_owned(), Duration::from_millis(250)),
        (format!("retry-after: {WEEK}"), OPEN_MAX),
        (format!("retry-after: {}", "9".repeat(40)), OPEN_MAX),
    ] {
        for status in [429, 503] {
            let rig = answered(status, header.clone()).await;
            assert_eq!((wait(&rig), rig.ends()), (Some(expected), failure), "{status}, {header}");
        }
    }
}

#[tokio::test]
async fn a_date_is_compared_with_the_systems_clock() {
    let date = |seconds| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
    let rig = answered(503, format!("retry-after: {}", date(90))).await;
    let wait_until = wait(&rig).expect("open");
    // A date has no fraction of a second, and the request took some time.
    assert!((60..=90).contains(&wait_until.as_secs()), "{wait_until:?}");
    let rig = answered(429, format!("retry-after: {}", date(WEEK))).await;
    assert_eq!(wait(&rig), Some(OPEN_MAX));
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_wait_that_makes_no_sense_is_ignored() {
    let past = httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(90));
    for value in ["soon", "-5", "0", "1.5", "", "\u{fc}", "7 s", "Thu, 32 Nov 2026 99:00:00 GMT", &past] {
        let header = format!("retry-after: {value}");
        let rig = answered(503, header.clone()).await;
        assert_eq!((wait(&rig), rig.ends().failures), (Some(OPEN), 1), "{value}");
        let rig = answered(429, header).await;
        assert_eq!((wait(&rig), rig.ends().ignored), (None, 1), "{value}");
    }
}

#[tokio::test]
async fn without_a_cooldown_the_header_is_not_read() {
    let rig = rig();
    let server = Server::with_header(429, "retry-after: 7".to_owned()).await;
    assert_eq!(rig.client().get(server.url()).send().await.expect("a response").status(), 429);
    assert_eq!((rig.breaker.state(), rig.ends()), (State::Closed, Ends { ignored: 1, ..Ends::default() }));
}
