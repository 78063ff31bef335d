//! Real servers that take the place of the embedded ones.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use url::Url;

use crate::BoxError;
use crate::proxy::Proxy;

/// The URLs that the user has given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Upstreams {
    /// A `PostgreSQL`.
    pub(crate) database: Option<Url>,
    /// A Redis.
    pub(crate) redis: Option<Url>,
    /// An S3 server.
    pub(crate) s3: Option<Url>,
}

/// Parses the value of `argument`, a URL with one of these schemes.
pub(crate) fn parse(argument: &str, text: &str, schemes: &[&str]) -> Result<Url, String> {
    let allowed = schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" or ");
    // The text may have a password: it is not repeated.
    let url = Url::parse(text).map_err(|error| format!("{argument}: no URL: {error}; write {allowed}host/…"))?;
    if !schemes.contains(&url.scheme()) {
        return Err(format!("{argument}: a URL with {}:// is not supported; write {allowed}host/…", url.scheme()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("{argument}: the URL has no host; write {allowed}host/…"));
    }
    Ok(url)
}

/// Starts a proxy in front of a server; returns the URL at which it is.
pub(crate) async fn behind_proxy(mut url: Url, default_port: u16) -> Result<(Proxy, Url), BoxError> {
    let server = format!("{}:{}", url.host_str().unwrap_or("localhost"), url.port().unwrap_or(default_port));
    // Otherwise, the client would only see that the proxy closes its connection.
    TcpStream::connect(&server).await.map_err(|error| format!("can't connect to {server}: {error}"))?;
    let proxy = Proxy::start(server).await?;
    set_address(&mut url, proxy.address()).map_err(|()| "the URL can't have a host and a port")?;
    Ok((proxy, url))
}

fn set_address(url: &mut Url, address: SocketAddr) -> Result<(), ()> {
    url.set_ip_host(address.ip())?;
    url.set_port(Some(address.port()))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::{behind_proxy, parse};

    const SCHEMES: &[&str] = &["postgres", "postgresql"];

    #[test]
    fn a_wrong_url_is_an_error_that_names_the_argument_and_no_password() {
        for (text, word) in [
            ("", "no URL"),
            ("localhost:5432", "localhost://"),
            ("mysql://root:secret@localhost/shop", "mysql://"),
            ("postgres:///shop", "host"),
            ("postgres://root:secret@localhost:port/shop", "port"),
        ] {
            let error = parse("--database-url", text, SCHEMES).expect_err(text);
            assert!(error.starts_with("--database-url: ") && error.contains(word), "{error}");
            assert!(!error.contains("secret") && error.contains("postgres:// or postgresql://"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_proxy_keeps_everything_but_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let url = parse("--database-url", "postgres://me:pass@localhost/shop?a=b", SCHEMES).expect("a good URL");
        let (proxy, url) = behind_proxy(url, port).await.expect("a free port");
        assert_eq!(url.as_str(), format!("postgres://me:pass@{}/shop?a=b", proxy.address()));
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = listener.local_addr().expect("it is bound");
        drop(listener);
        let url = parse("--redis-url", &format!("redis://:secret@{server}/"), &["redis"]).expect("a good URL");
        let Err(error) = behind_proxy(url, 6379).await else { panic!("nothing listens there") };
        let error = error.to_string();
        assert!(error.starts_with(&format!("can't connect to {server}: ")) && !error.contains("secret"), "{error}");
    }
}
