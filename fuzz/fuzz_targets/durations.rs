//! See `breaker_fuzz::durations`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

// Inputs that can't be read are not worth keeping.
fuzz_target!(|data: &[u8]| -> Corpus {
    if breaker_fuzz::durations::check(data) { Corpus::Keep } else { Corpus::Reject }
});
