//! Ranges, conflicts, defaults, merging.
