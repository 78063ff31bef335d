//! A `request_timeout` from outside the code for functions that can't be cancelled: it has no effect on them.

use std::sync::Arc;

use super::laid::Laid;
use crate::config::Config;
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

impl Laid {
    /// The conflict, if a source outside the code sets the timeout of this service by name, and plain functions call it. One for
    /// all services is meant for those that can have it, as that of a preset is.
    pub(super) fn plain_functions(&self, service: &str, config: &Config) -> Option<Arc<Conflict>> {
        let timeout = config.request_timeout().filter(|_| self.functions_are_overridden)?;
        let functions = match self.plain_functions.as_slice() {
            [] => return None,
            [_] => "function",
            _ => "functions",
        };
        let timeout = breaker_keys::Value::Duration(timeout).to_string();
        Some(Arc::new(Conflict {
            kind: ConflictKind::PlainFunctions,
            service: service.to_owned(),
            key: "request_timeout",
            first: ConfiguredValue::new(functions, self.plain_functions.join(", ")),
            second: ConfiguredValue::new(timeout, self.place("request_timeout")),
            count: 1,
        }))
    }
}
