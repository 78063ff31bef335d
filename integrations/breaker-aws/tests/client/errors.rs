//! The breaker's error, inside those of the SDK and around them.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use breaker_aws::{breaker_error, rejection};
use breaker_core::{Mode, RejectionReason};

use crate::rig::{Answer, rig};

/// An error of the caller's.
#[derive(Debug)]
struct Around(Box<dyn StdError + Send + Sync>);

impl fmt::Display for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no photo")
    }
}

impl StdError for Around {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test]
async fn a_rejection_is_found_in_every_error_around_it() {
    let rig = rig();
    rig.breaker.set_mode(Mode::ForcedOpen);
    for operation in [rig.once(), rig.per_attempt(1)] {
        let error = operation.invoke(()).await.unwrap_err();
        assert_eq!(
            breaker_error(&error).expect("the breaker's error").to_string(),
            "circuit breaker `queue` is forced open: call rejected"
        );
        let error = Around(Box::new(io::Error::other(Around(Box::new(error)))));
        assert_eq!(rejection(&error).expect("it is found").reason, RejectionReason::ForcedOpen);
    }
}

#[tokio::test]
async fn other_errors_are_not_the_breakers() {
    let rig = rig();
    for answer in [Answer::Status(500), Answer::Refused] {
        rig.service.then(answer);
        let error = rig.once().invoke(()).await.unwrap_err();
        assert_eq!(breaker_error(&error), None, "{error:?}");
        rig.breaker.reset();
    }
}
