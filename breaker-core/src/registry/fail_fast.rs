//! Finds a `fail_fast` from outside the code that differs from the code's value, which is compiled into functions.

use std::sync::Arc;

use super::laid::Laid;
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

impl Laid {
    /// Returns the conflict if a source outside the code sets the key itself. A value that comes from a preset is no
    /// conflict, because a preset is chosen for all of its keys.
    pub(super) fn fail_fast(&self, service: &str) -> Option<Arc<Conflict>> {
        let (held, of_code) = self.said.chain("fail_fast").first()?;
        let (value, origin) = self.fail_fast_outside.as_ref().filter(|(value, _)| value != held)?;
        Some(Arc::new(Conflict {
            kind: ConflictKind::FailFast,
            service: service.to_owned(),
            key: "fail_fast",
            first: ConfiguredValue::new(held.to_string(), of_code.to_string()),
            second: ConfiguredValue::new(value.to_string(), origin.to_string()),
            count: 1,
        }))
    }
}
