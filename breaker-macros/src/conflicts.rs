//! Reports keys that contradict each other. Only written keys conflict: presets and defaults are adjusted to them.

use breaker_keys::{Given, Key, Notation};

use crate::args::Args;
use crate::faults::Faults;
use crate::value::Value;

/// Reports each conflict on the key whose row of the table declares it.
pub(crate) fn check(args: &Args, faults: &mut Faults) {
    let given = |key: &'static Key| match args.get(key.name).map(|arg| &arg.value) {
        Some(Value::Setting(value)) => Given::Value(*value),
        None if !args.is_written(key.name) => Given::No,
        _ => Given::Something,
    };
    for (key, fault) in breaker_keys::conflicts(&given) {
        if let Some(arg) = args.get(key.name) {
            faults.on(&arg.key, fault.to_string(Notation::Attribute, key.name));
        }
    }
}
