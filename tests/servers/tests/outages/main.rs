//! Outages of all servers: a table of scenarios, each of one damage, and a storm of all of them at once.
//! `cargo xtask outages` runs them with their output.
#![cfg(target_os = "linux")]

mod callers;
mod circuit;
mod client;
mod damage;
mod disk;
#[path = "../../../../benches/src/bin/soak/memory.rs"]
mod memory;
mod namespaces;
mod network;
mod random;
mod report;
mod resources;
mod scenario;
mod scenarios;
#[path = "../objects/server.rs"]
mod server;
mod storm;
mod subjects;
mod table;
mod tally;
mod workers;

#[test]
fn every_scenario() {
    scenarios::run();
}

#[test]
fn storm() {
    storm::run();
}

/// Not a test: `storm` runs it in processes of its own.
#[test]
#[ignore = "it never ends"]
fn works_until_killed() {
    workers::work_until_killed();
}

/// Not a test: the S3 server, in a process of its own.
#[test]
#[ignore = "it never ends"]
fn serves_objects() {
    subjects::objects::serve_until_killed();
}

/// Not a test: `every_scenario` runs it in namespaces of its own.
#[test]
#[ignore = "it needs its own namespaces"]
fn runs_one_scenario() {
    namespaces::run_inside();
}
