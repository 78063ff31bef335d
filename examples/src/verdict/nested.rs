//! A probe may make calls of its own breaker: they are a part of it, and are counted nowhere.

use crate::service::catalog::Nested;

impl Nested {
    /// Those that the breaker counts like any others.
    pub(crate) fn counted(self) -> u64 {
        self.calls - self.in_probes
    }
}

/// There were probes with calls inside. That these were counted nowhere is seen from the accounts, and that they did the
/// probes no harm from the transitions.
pub(crate) fn probes_made_calls(nested: Nested) -> Vec<String> {
    if nested.in_probes > 0 {
        return Vec::new();
    }
    vec![format!("catalog: no probe made a call of its own breaker ({} calls were nested)", nested.calls)]
}

#[cfg(test)]
mod tests {
    use super::{Nested, probes_made_calls};

    #[test]
    fn an_outage_without_nested_calls_in_probes_is_found() {
        assert_eq!(probes_made_calls(Nested { calls: 9, in_probes: 1 }), [""; 0]);
        assert_eq!(probes_made_calls(Nested { calls: 9, in_probes: 0 }).len(), 1);
    }

    #[test]
    fn those_in_probes_are_not_counted() {
        assert_eq!(Nested { calls: 9, in_probes: 4 }.counted(), 5);
    }
}
