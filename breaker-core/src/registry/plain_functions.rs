//! Finds a `request_timeout` from outside the code that has no effect on functions that can't be cancelled.

use std::sync::Arc;

use super::laid::Laid;
use crate::config::Config;
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

impl Laid {
    /// Returns the conflict if a source outside the code sets the timeout of this service by name, and plain functions
    /// call the service. A timeout for all services, or of a preset, is meant for the functions that can have one, and
    /// is no conflict.
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
