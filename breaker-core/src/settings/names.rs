//! Reads values of keys that take one of a few names.

use breaker_keys::{Notation, Written};

use crate::error::ConfigFault;

/// Returns the value with this name.
pub(super) fn read<T: Copy>(
    key: &str,
    written: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, ConfigFault> {
    all.iter().copied().find(|value| name(*value) == written).ok_or_else(|| {
        let read = breaker_keys::setting(key).map(|key| breaker_keys::read(key, Written::Quoted(written), &|_| None));
        let (what, fix) = match read {
            Ok(Err(fault)) => (fault.what, fault.fix.to_string(Notation::Plain, key)),
            _ => ("unknown name".to_owned(), "leave the key out".to_owned()),
        };
        ConfigFault::new(key, format_args!("{written:?}"), what, fix)
    })
}
