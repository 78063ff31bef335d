//! Circuit breakers of breaker-core for the clients of the AWS SDK: S3, DynamoDB, SQS, Bedrock and all others.
//!
//! A [`CircuitBreakerInterceptor`] is given to a client's configuration. While the service is down, its operations are rejected
//! at once, instead of after the SDK's retries:
//!
//! ```
//! use breaker_aws::CircuitBreakerInterceptor;
//! # /// `aws_sdk_dynamodb::config::Builder` has this method, as those of all other clients do.
//! # struct Builder;
//! # impl Builder {
//! #     fn interceptor(self, _: impl aws_smithy_runtime_api::client::interceptors::Intercept + 'static) -> Self { self }
//! # }
//! # let config = Builder;
//!
//! // `config` is an `aws_sdk_dynamodb::config::Builder`, or that of any other service.
//! let config = config.interceptor(CircuitBreakerInterceptor::new("orders-table"));
//! # drop(config);
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | put the operations of a client behind a breaker | [`CircuitBreakerInterceptor::new`], [`with`](CircuitBreakerInterceptor::with) |
//! | put each attempt behind it | [`per_attempt`](CircuitBreakerInterceptor::per_attempt) |
//! | apply the breaker's `request_timeout` | [`timeouts`](CircuitBreakerInterceptor::timeouts) |
//! | handle a rejection | [`rejection`] |
//! | decide what a failure is | [`classify`](CircuitBreakerInterceptor::classify), [`throttling_is_failure`](CircuitBreakerInterceptor::throttling_is_failure) |
//! | stay away as long as the service asks | [`cooldown`](CircuitBreakerInterceptor::cooldown) |
//!
//! # Which placement
//!
//! | | operations (default) | `per_attempt` |
//! |---|---|---|
//! | a call is | an operation, with its retries and their waits | one HTTP request |
//! | sees | the last result | the status and `Retry-After` of each attempt |
//! | an open circuit | rejects the operation | also ends the retries of operations that run |
//! | a rejection is a | `SdkError::ConstructionFailure` | `SdkError::DispatchFailure` |
//! | [`timeouts`](CircuitBreakerInterceptor::timeouts) limit | the operation | each attempt |
//!
//! # What errors count as
//!
//! | result | outcome |
//! |---|---|
//! | an output, also of an operation that was retried | success |
//! | 4xx (`NoSuchKey`, `AccessDenied`, `ConditionalCheckFailedException`) | success: the service has answered |
//! | 5xx, which includes `SlowDown` of S3 | failure |
//! | 429, and error codes that the client knows as throttling (DynamoDB sends them with 400) | ignored |
//! | 408, and 4xx with a code that the client knows as transient (`RequestTimeout`) | ignored |
//! | an error inside a 200 that the client would retry (`CompleteMultipartUpload` of S3) | failure |
//! | refused and broken connections, a timeout of the SDK, a body that breaks off while the SDK reads it | failure |
//! | no credentials, no endpoint, an invalid input, an error of another interceptor | ignored: the service wasn't asked |
//! | a rejection by another breaker | ignored |
//!
//! Which codes are throttling or transient is decided by the client's own retry classifiers.
//!
//! # What a call costs
//!
//! An operation allocates twice more: the SDK boxes the value that an interceptor keeps for it, and a function that formats
//! it. A rejection allocates its error.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod held;
mod interceptor;
mod outcome;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::{breaker_error, rejection};
pub use interceptor::CircuitBreakerInterceptor;
