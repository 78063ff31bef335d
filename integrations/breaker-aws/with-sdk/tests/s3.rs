//! The interceptor in a client of aws-sdk-s3, with an S3 server and with answers by hand.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use breaker_aws::{CircuitBreakerInterceptor, rejection};
use breaker_aws_with_sdk::{Server, client, config, config_with};
use breaker_core::{CircuitBreaker, Config, Mode, State};
use servers::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new("photos", Config::builder().consecutive_failures(2).build().expect("it is valid"))
}

fn guarded(address: SocketAddr, breaker: &CircuitBreaker) -> Client {
    client(config(address, 1).interceptor(CircuitBreakerInterceptor::with(breaker.clone())))
}

/// How many calls succeeded, failed, were ignored, abandoned and rejected.
fn ends(breaker: &CircuitBreaker) -> [u64; 5] {
    let metrics = breaker.metrics();
    assert_eq!(metrics.in_flight, 0, "{metrics:?}");
    [metrics.successes, metrics.failures, metrics.ignored, metrics.abandoned, metrics.rejections]
}

/// A server that sends the same answer to every request.
async fn answering(status: &'static str, headers: &'static str, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 8192];
                while connection.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let length = body.len();
                    let answer = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn objects_are_stored_and_missing_ones_are_answers() {
    let (server, breaker) = (Server::start().await, breaker());
    let photos = guarded(server.address, &breaker);
    let body = ByteStream::from_static(b"woof");
    photos.put_object().bucket("photos").key("dog.jpg").body(body).send().await.unwrap();
    let photo = photos.get_object().bucket("photos").key("dog.jpg").send().await.unwrap();
    assert_eq!(photo.body.collect().await.unwrap().to_vec(), b"woof");
    let error = photos.get_object().bucket("photos").key("cat.jpg").send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_no_such_key());
    photos.get_object().bucket("none").key("dog.jpg").send().await.unwrap_err();
    assert_eq!(ends(&breaker), [4, 0, 0, 0, 0]);
}

#[tokio::test]
async fn wrong_credentials_are_an_answer() {
    let (server, breaker) = (Server::start().await, breaker());
    let interceptor = CircuitBreakerInterceptor::with(breaker.clone());
    let photos = client(config_with(server.address, 1, "wrong").interceptor(interceptor));
    let error = photos.get_object().bucket("photos").key("dog.jpg").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(ends(&breaker), [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_outage_opens_and_the_rejection_is_found() {
    let (server, breaker) = (Server::start().await, breaker());
    let proxy = Proxy::start(server.address);
    proxy.refuse();
    let photos = guarded(proxy.address(), &breaker);
    for _ in 0..2 {
        let error = photos.list_buckets().send().await.unwrap_err();
        assert!(matches!(error, SdkError::DispatchFailure(_)) && rejection(&error).is_none(), "{error:?}");
    }
    let error = photos.get_object().bucket("photos").key("dog.jpg").send().await.unwrap_err();
    assert!(matches!(error, SdkError::ConstructionFailure(_)), "{error:?}");
    assert_eq!(rejection(&error).unwrap().service, "photos");
    assert_eq!(ends(&breaker), [0, 2, 0, 0, 1]);
}

#[tokio::test]
async fn throttling_is_known_by_its_code() {
    let slow_down = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
    let throttled = "<Error><Code>ThrottlingException</Code></Error>";
    for (status, body, expected) in [
        ("503 Slow Down", slow_down, [0, 1, 0, 0, 0]),
        ("429 Too Many Requests", "", [0, 0, 1, 0, 0]),
        ("400 Bad Request", throttled, [0, 0, 1, 0, 0]),
        ("400 Bad Request", "<Error><Code>RequestTimeout</Code></Error>", [0, 0, 1, 0, 0]),
        ("400 Bad Request", "<Error><Code>InvalidRequest</Code></Error>", [1, 0, 0, 0, 0]),
    ] {
        let breaker = breaker();
        let photos = guarded(answering(status, "", body).await, &breaker);
        photos.list_objects_v2().bucket("photos").send().await.unwrap_err();
        assert_eq!(ends(&breaker), expected, "{status} {body}");
    }
}

#[tokio::test]
async fn a_cooldown_lasts_as_long_as_s3_asks() {
    let breaker = breaker();
    let address = answering("503 Slow Down", "retry-after: 20\r\n", "<Error><Code>SlowDown</Code></Error>").await;
    let interceptor = CircuitBreakerInterceptor::with(breaker.clone()).cooldown();
    let photos = client(config(address, 1).interceptor(interceptor));
    photos.list_buckets().send().await.unwrap_err();
    assert_eq!(breaker.state(), State::Open);
    let wait = rejection(&photos.list_buckets().send().await.unwrap_err()).unwrap().retry_after.unwrap();
    assert!(wait > Duration::from_secs(15) && wait <= Duration::from_secs(20), "{wait:?}");
}

#[tokio::test]
async fn an_error_inside_a_200_is_a_failure() {
    let breaker = breaker();
    let address = answering("200 OK", "", "<Error><Code>InternalError</Code></Error>").await;
    let photos = guarded(address, &breaker);
    photos.complete_multipart_upload().bucket("photos").key("a").upload_id("7").send().await.unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 0, 0, 0]);
}

#[tokio::test]
async fn each_attempt_counts_by_choice() {
    let breaker = breaker();
    let interceptor = CircuitBreakerInterceptor::with(breaker.clone()).per_attempt();
    let photos = client(config(answering("503 Slow Down", "", "").await, 5).interceptor(interceptor));
    let error = photos.list_buckets().send().await.unwrap_err();
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!(ends(&breaker), [0, 2, 0, 0, 1]);
}

#[tokio::test]
async fn an_operation_that_hangs_ends_by_the_request_timeout() {
    let (server, breaker) = (Server::start().await, {
        let timeout = Config::builder().request_timeout(Duration::from_millis(100));
        CircuitBreaker::new("photos", timeout.build().expect("it is valid"))
    });
    let proxy = Proxy::start(server.address);
    proxy.black_hole();
    let interceptor = CircuitBreakerInterceptor::with(breaker.clone());
    let photos = client(config(proxy.address(), 1).timeout_config(interceptor.timeouts()).interceptor(interceptor));
    let error = photos.list_buckets().send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    assert_eq!(ends(&breaker), [0, 1, 0, 0, 0]);
}

#[tokio::test]
async fn presigning_is_ignored_and_rejected_by_an_open_circuit() {
    let breaker = breaker();
    let photos = guarded(([127, 0, 0, 1], 1).into(), &breaker);
    let expires = || PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let signed = photos.get_object().bucket("photos").key("dog.jpg").presigned(expires()).await.unwrap();
    assert!(signed.uri().contains("X-Amz-Signature="));
    assert_eq!(ends(&breaker), [0, 0, 1, 0, 0]);
    breaker.set_mode(Mode::ForcedOpen);
    let error = photos.get_object().bucket("photos").key("dog.jpg").presigned(expires()).await.unwrap_err();
    assert!(rejection(&error).is_some());
}
