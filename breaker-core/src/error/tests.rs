//! Texts and accessors of the errors.
