//! Circuit breakers of breaker-core as tower layers.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
