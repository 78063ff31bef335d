//! The client of a real S3 server (`--s3-endpoint`), by `object_store`. The feature `s3` adds it.

use object_store::Error;

#[cfg(feature = "s3")]
pub(crate) use client::bucket;

/// Why `--s3-endpoint` is an error, if it is.
pub(crate) const UNAVAILABLE: Option<&str> = if cfg!(feature = "s3") {
    None
} else {
    Some("--s3-endpoint: this build has no client for it; use cargo run --features s3 -- --s3-endpoint URL")
};

#[cfg(not(feature = "s3"))]
pub(crate) fn bucket(_: &url::Url) -> Result<crate::service::photos::Bucket, crate::BoxError> {
    Err(UNAVAILABLE.unwrap_or_default().into())
}

/// Says what is wrong with a server that doesn't store photos.
pub(crate) fn advice(error: &Error) -> &'static str {
    match error {
        Error::NotFound { .. } => "; is there a bucket with the name in AWS_BUCKET?",
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            "; are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY those of this server?"
        }
        _ => "; does an S3 server answer there?",
    }
}

#[cfg(feature = "s3")]
mod client {
    use std::sync::Arc;
    use std::time::Duration;

    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    use object_store::{BackoffConfig, RetryConfig};
    use url::Url;

    use crate::BoxError;
    use crate::service::photos::Bucket;

    /// Keeps the retries of an operation inside the `request_timeout` of `examples/breakers.yaml`.
    const PAUSE: Duration = Duration::from_millis(20);
    const RETRIES: RetryConfig = RetryConfig {
        backoff: BackoffConfig { init_backoff: PAUSE, max_backoff: PAUSE, base: 2.0 },
        max_retries: 1,
        retry_timeout: Duration::from_millis(400),
    };

    /// A client of the server at this URL. Bucket, region and credentials are those of the environment.
    pub(crate) fn bucket(endpoint: &Url) -> Result<Bucket, BoxError> {
        let environment = AmazonS3Builder::from_env();
        let missing = |key, variable: &str| match environment.get_config_value(&key) {
            Some(value) if !value.is_empty() => None,
            _ => Some(variable.to_owned()),
        };
        let missing: Vec<_> = [
            missing(AmazonS3ConfigKey::AccessKeyId, "AWS_ACCESS_KEY_ID"),
            missing(AmazonS3ConfigKey::SecretAccessKey, "AWS_SECRET_ACCESS_KEY"),
            missing(AmazonS3ConfigKey::Bucket, "AWS_BUCKET"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !missing.is_empty() {
            return Err(format!("set {} in the environment", missing.join(", ")).into());
        }
        let client = environment
            .with_endpoint(endpoint.as_str().trim_end_matches('/'))
            .with_allow_http(true)
            .with_virtual_hosted_style_request(false)
            .with_retry(RETRIES)
            .build()?;
        Ok(Arc::new(client))
    }
}
