//! The server's part of the S3 protocol, as far as the drill needs it: `PUT` and `GET` of objects by presigned requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use hyper::header::HOST;
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use rusty_s3::signing;

use super::s3_client::{ACCESS_KEY, REGION, SECRET_KEY};

/// The objects of all buckets, by their path.
#[derive(Default)]
pub(crate) struct Objects(Mutex<HashMap<String, Bytes>>);

impl Objects {
    /// Answers a request that is signed with the keys of the drill, and rejects all others.
    pub(crate) async fn answer<B: Body>(&self, request: Request<B>) -> Result<Response<Full<Bytes>>, B::Error> {
        if is_signed(&request, Timestamp::now()) != Some(true) {
            return Ok(error(StatusCode::FORBIDDEN, "SignatureDoesNotMatch"));
        }
        let path = request.uri().path().to_owned();
        Ok(match *request.method() {
            Method::PUT => {
                let object = request.into_body().collect().await?.to_bytes();
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path, object);
                Response::default()
            }
            _ => match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&path) {
                Some(object) => Response::new(Full::new(object.clone())),
                None => error(StatusCode::NOT_FOUND, "NoSuchKey"),
            },
        })
    }
}

/// Whether a request has the signature that the owner of the keys would have made, and has not expired; `None` if it has
/// none.
fn is_signed<B>(request: &Request<B>, now: Timestamp) -> Option<bool> {
    let method = match *request.method() {
        Method::GET => rusty_s3::Method::Get,
        Method::PUT => rusty_s3::Method::Put,
        _ => return None,
    };
    let address = format!("http://{}{}", request.headers().get(HOST)?.to_str().ok()?, request.uri());
    let parameter = |name: &str| {
        let mut parameters = request.uri().query()?.split('&').filter_map(|pair| pair.split_once('='));
        parameters.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let signed_at: Timestamp = parameter("X-Amz-Date")?.parse().ok()?;
    let expires = parameter("X-Amz-Expires")?.parse().ok()?;
    let none = || std::iter::empty::<(&str, &str)>();
    let url = address.parse().ok()?;
    let signed = signing::sign(&signed_at, method, url, ACCESS_KEY, SECRET_KEY, None, REGION, expires, none(), none());
    Some(signed.as_str() == address && now < signed_at + Duration::from_secs(expires))
}

fn error(status: StatusCode, code: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(format!("<Error><Code>{code}</Code></Error>")));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::{BodyExt as _, Full};
    use hyper::{Method, Request, StatusCode};
    use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};

    use super::super::s3_client::{ACCESS_KEY, REGION, SECRET_KEY};
    use super::Objects;

    const HOST: &str = "127.0.0.1:9000";

    /// Sends a request whose address was signed for `signed_for` with this secret; status and body of the answer.
    async fn send(server: &Objects, method: Method, secret: &str, signed_for: u64) -> (StatusCode, Bytes) {
        let endpoint = format!("http://{HOST}").parse().expect("a URL");
        let bucket = Bucket::new(endpoint, UrlStyle::Path, "photos", REGION).expect("a bucket");
        let credentials = Credentials::new(ACCESS_KEY, secret);
        let signed_for = Duration::from_secs(signed_for);
        let address = match method {
            Method::PUT => bucket.put_object(Some(&credentials), "a b.jpg").sign(signed_for),
            _ => bucket.get_object(Some(&credentials), "a b.jpg").sign(signed_for),
        };
        let path = address.as_str().trim_start_matches("http://").trim_start_matches(HOST);
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        let request = request.body(Full::new(Bytes::from_static(b"photo"))).expect("a request");
        let answer = server.answer(request).await.expect("a body without errors");
        (answer.status(), answer.into_body().collect().await.expect("a body without errors").to_bytes())
    }

    #[tokio::test]
    async fn an_object_is_returned_as_it_was_put() {
        let server = Objects::default();
        let (status, body) = send(&server, Method::GET, SECRET_KEY, 60).await;
        assert_eq!((status, body.as_ref()), (StatusCode::NOT_FOUND, &b"<Error><Code>NoSuchKey</Code></Error>"[..]));
        assert_eq!(send(&server, Method::PUT, SECRET_KEY, 60).await.0, StatusCode::OK);
        assert_eq!(send(&server, Method::GET, SECRET_KEY, 60).await, (StatusCode::OK, Bytes::from_static(b"photo")));
    }

    #[tokio::test]
    async fn a_wrong_or_expired_signature_is_rejected() {
        let server = Objects::default();
        for (secret, signed_for) in [("wrong", 60), (SECRET_KEY, 0)] {
            for method in [Method::PUT, Method::GET, Method::DELETE] {
                assert_eq!(send(&server, method, secret, signed_for).await.0, StatusCode::FORBIDDEN);
            }
        }
        assert_eq!(send(&server, Method::GET, SECRET_KEY, 60).await.0, StatusCode::NOT_FOUND, "nothing was put");
    }
}
