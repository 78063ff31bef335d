//! Outages: a killed server, one that hangs, and connections that break.

use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Config, Registry, State};
use breaker_redis::{CacheCircuitBreakerError, Guarded, ping};
use redis::ErrorKind;
use servers::{Proxy, Redis};

use crate::rig::{LONG, command, eventually, quick, reconnecting};

#[tokio::test]
async fn a_killed_server_opens_the_circuit_and_a_new_one_closes_it() {
    let server = Redis::start();
    let breaker = quick(3);
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    command("PING").exec_async(&mut connection).await.expect("it answers");
    server.kill();
    for _ in 0..3 {
        let error = command("PING").exec_async(&mut connection).await.expect_err("it was killed");
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    }
    assert_eq!(breaker.metrics().transitions.closed_to_open, 1);
    server.start();
    eventually("the circuit closes", async || {
        let answer = command("PING").exec_async(&mut connection).await;
        answer.map_err(|error| error.to_string())
    })
    .await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn callers_don_t_wait_for_a_server_that_is_gone() {
    let server = Redis::start();
    let breaker = quick(1000);
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    command("PING").exec_async(&mut connection).await.expect("it answers");
    server.kill();
    let start = Instant::now();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let mut connection = connection.clone();
            tokio::spawn(async move { command("PING").exec_async(&mut connection).await })
        })
        .collect();
    for call in calls {
        call.await.expect("it ends").expect_err("there is no server");
    }
    // redis' own manager keeps them for 6 s and more.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(breaker.metrics().failures, 50);
}

#[tokio::test]
async fn a_hanging_server_times_out_and_recovers() {
    let server = Redis::start();
    let config = Config::builder().consecutive_failures(2).request_timeout(Duration::from_millis(300));
    let config = config.open_timeout(Duration::from_millis(100)).success_threshold(1).build();
    let breaker = CircuitBreaker::new("hangs", config.expect("it is valid"));
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    eventually("it answers", async || {
        command("SET key 1").exec_async(&mut connection).await.map_err(|error| error.to_string())
    })
    .await;
    server.pause();
    let timeout = eventually("two in a row time out", async || {
        let error = command("GET key").exec_async(&mut connection).await.expect_err("it hangs");
        if breaker.state() == State::Closed { Err(error.to_string()) } else { Ok(error) }
    })
    .await;
    assert!(CacheCircuitBreakerError::from_redis(&timeout).is_some_and(CacheCircuitBreakerError::is_timeout));
    server.resume();
    eventually("the circuit closes", async || {
        let answer = redis::cmd("GET").arg("key").query_async::<u32>(&mut connection).await;
        answer.map_err(|error| error.to_string())
    })
    .await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn broken_connections_are_failures_and_are_made_again() {
    let server = Redis::start();
    server.command(&["SET", "long", &"x".repeat(10_000)]).expect("it answers");
    let proxy = Proxy::start(server.address());
    let breaker = quick(1000);
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&format!("redis://{}/", proxy.address())));
    command("PING").exec_async(&mut connection).await.expect("it answers");
    let damages: [(&str, &dyn Fn()); 4] = [
        ("cut in the middle", &|| proxy.cut_after(5000)),
        ("closed", &|| proxy.cut()),
        ("reset", &|| proxy.reset()),
        ("refused", &|| {
            proxy.refuse();
            proxy.cut();
        }),
    ];
    for (name, damage) in damages {
        let before = breaker.metrics().failures;
        damage();
        eventually(name, async || match command("GET long").exec_async(&mut connection).await {
            Err(error) if error.is_unrecoverable_error() => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
        assert!(breaker.metrics().failures > before, "{name}");
        proxy.heal();
        eventually("it answers again", async || {
            command("GET long").exec_async(&mut connection).await.map_err(|error| error.to_string())
        })
        .await;
    }
}

#[tokio::test]
async fn a_health_check_opens_and_closes_the_circuit() {
    let server = Redis::start();
    let registry = Registry::new();
    let config = Config::builder().enable_health_check(true).health_check_interval(Duration::from_millis(50));
    let config = config.health_check_timeout(Duration::from_millis(50)).health_check_failures(2);
    let config = config.open_timeout(LONG).success_threshold(1).build().expect("it is valid");
    let breaker = registry.get_or_create("pinged", config);
    let connection = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    let _check = registry.health_check("pinged", ping(connection));
    for (damage, state) in
        [((|server| server.pause()) as fn(&Redis), State::Open), (|server| server.resume(), State::HalfOpen)]
    {
        damage(&server);
        eventually("the check decides", async || {
            let now = breaker.state();
            if now == state || (state == State::HalfOpen && now == State::Closed) {
                Ok(())
            } else {
                Err(now.to_string())
            }
        })
        .await;
    }
    assert_eq!(breaker.metrics().requests, 0, "checks aren't counted");
}

#[tokio::test]
async fn a_reconnection_that_fails_at_the_handshake_is_tried_again() {
    let server = Redis::start();
    server.command(&["ACL", "SETUSER", "caller", "on", ">right", "~*", "+@all"]).expect("it answers");
    let proxy = Proxy::start(server.address());
    let url = format!("redis://caller:right@{}/", proxy.address());
    let breaker = quick(2);
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&url));
    command("PING").exec_async(&mut connection).await.expect("it answers");
    let change_password = |password: &str| {
        server.command(&["ACL", "SETUSER", "caller", "resetpass", password]).expect("it answers");
    };
    for name in ["the password is wrong", "the answers are cut off"] {
        let is_password = name.contains("password");
        let before = breaker.metrics().transitions.closed_to_open;
        if is_password {
            change_password(">another");
        } else {
            proxy.cut_each_after(3);
        }
        proxy.cut();
        eventually(name, async || {
            let result = command("PING").exec_async(&mut connection).await;
            if breaker.metrics().transitions.closed_to_open > before { Ok(()) } else { Err(format!("{result:?}")) }
        })
        .await;
        if is_password {
            change_password(">right");
        } else {
            proxy.heal();
        }
        eventually("it answers again", async || {
            command("PING").exec_async(&mut connection).await.map_err(|error| error.to_string())
        })
        .await;
        assert_eq!(breaker.state(), State::Closed);
    }
}

#[tokio::test]
async fn a_connection_that_has_fallen_silent_is_replaced() {
    let server = Redis::start();
    let proxy = Proxy::start(server.address());
    let config = Config::builder().consecutive_failures(1).request_timeout(Duration::from_millis(300));
    let config = config.open_timeout(Duration::from_millis(50)).success_threshold(1).build();
    let breaker = CircuitBreaker::new("silent", config.expect("it is valid"));
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&format!("redis://{}/", proxy.address())));
    eventually("it answers", async || {
        command("PING").exec_async(&mut connection).await.map_err(|error| error.to_string())
    })
    .await;
    let made = proxy.accepted();
    // No end of the connection gets an error, as after a router's restart. It stays dead.
    proxy.black_hole();
    let error = command("PING").exec_async(&mut connection).await.expect_err("there is no answer");
    assert!(CacheCircuitBreakerError::from_redis(&error).is_some_and(CacheCircuitBreakerError::is_timeout), "{error}");
    proxy.heal();
    eventually("it answers again", async || {
        command("PING").exec_async(&mut connection).await.map_err(|error| error.to_string())
    })
    .await;
    assert_eq!(breaker.state(), State::Closed);
    assert!(proxy.accepted() > made, "it is another connection");
}
