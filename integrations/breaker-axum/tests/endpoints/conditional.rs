//! `ETag` and `If-None-Match`.

use std::time::Duration;

use breaker_core::{Config, Mode, Outcome};

use crate::rig::{ROUTES, app, get, get_with, open, request, send, two};

const TAGGED: [&str; 2] = ["/breakers", "/breakers/db"];

#[tokio::test]
async fn only_the_breakers_have_tags_and_must_be_revalidated() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in ROUTES {
        let answer = get(&app, path).await;
        let is_tagged = TAGGED.contains(&path);
        assert_eq!(!answer.header("etag").is_empty(), is_tagged, "{path}");
        assert_eq!(answer.header("cache-control"), if is_tagged { "no-cache" } else { "no-store" }, "{path}");
    }
}

#[tokio::test]
async fn a_known_tag_gets_304_without_a_body() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in TAGGED {
        let full = get(&app, path).await;
        let tag = full.header("etag");
        assert!(tag.len() == 18 && tag.starts_with('"') && tag.ends_with('"'), "a strong tag: {tag}");
        for value in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}"), &format!("\"a\",W/\"b\" ,W/{tag}")] {
            for method in ["GET", "HEAD"] {
                let answer = send(&app, request(method, path, &[("if-none-match", value)])).await;
                assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{method} {path} {value}");
                assert_eq!((answer.header("etag"), answer.header("cache-control")), (tag, "no-cache"));
                assert_eq!(
                    (answer.header("content-type"), answer.header("content-length")),
                    ("", full.header("content-length"))
                );
            }
        }
        let in_two_headers = [("if-none-match", "\"other\""), ("if-none-match", tag)];
        assert_eq!(get_with(&app, path, &in_two_headers).await.status, 304);
    }
}

#[tokio::test]
async fn another_tag_gets_the_body() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in TAGGED {
        let full = get(&app, path).await;
        let unquoted = full.header("etag").trim_matches('"');
        for value in ["\"other\"", "", ",", unquoted, "W/", "\"", "*, *", "\"0000000000000000\""] {
            let answer = get_with(&app, path, &[("if-none-match", value)]).await;
            assert_eq!((answer.status, &answer.body), (200, &full.body), "{path} {value}");
        }
    }
}

#[tokio::test]
async fn a_tag_is_kept_while_nothing_happens_and_changes_when_something_does() {
    let (registry, time) = two();
    let app = app(&registry);
    let db = registry.get("db").expect("made");
    let tags = async || {
        let (list, one) = (get(&app, TAGGED[0]).await, get(&app, TAGGED[1]).await);
        (list.header("etag").to_owned(), one.header("etag").to_owned())
    };
    let at_rest = tags().await;
    time.advance(Duration::from_secs(3600));
    assert_eq!(tags().await, at_rest, "time alone changes nothing");
    db.record(Outcome::Success, Duration::from_millis(1));
    let called = tags().await;
    assert_eq!(called.0, at_rest.0, "the list has no counters");
    assert_ne!(called.1, at_rest.1, "the window has a call");
    open(&db);
    let opened = tags().await;
    assert!(opened.0 != called.0 && opened.1 != called.1);
    time.advance(Duration::from_secs(29));
    assert_eq!(tags().await, opened, "it is still open");
    time.advance(Duration::from_secs(1));
    let half_open = tags().await;
    assert!(half_open.0 != opened.0 && half_open.1 != opened.1);
    db.set_mode(Mode::ForcedClosed);
    let forced = tags().await;
    assert!(forced.0 != half_open.0 && forced.1 != half_open.1);
    db.reconfigure(Config::builder().consecutive_failures(9).build().expect("valid"));
    let reconfigured = tags().await;
    assert_eq!(reconfigured.0, forced.0, "the list has no configuration");
    assert_ne!(reconfigured.1, forced.1);
}

#[tokio::test]
async fn other_routes_and_errors_ignore_the_condition() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in ["/health", "/health/live", "/health/ready", "/metrics"] {
        assert_eq!(get_with(&app, path, &[("if-none-match", "*")]).await.status, 200, "{path}");
    }
    assert_eq!(get_with(&app, "/breakers/none", &[("if-none-match", "*")]).await.status, 404);
    let refused = get_with(&app, "/breakers", &[("if-none-match", "*"), ("accept", "text/html")]).await;
    assert_eq!(refused.status, 406);
    assert_eq!(send(&app, request("POST", "/breakers", &[("if-none-match", "*")])).await.status, 405);
}
