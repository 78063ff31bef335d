//! A guarded connector inside the S3 client of `object_store`, against servers that misbehave.

mod bodies;
mod errors;
mod listings;
mod retries;
mod rig;
mod statuses;
