//! Damages all servers, each at its own random times, and repairs them.

use std::thread;
use std::time::{Duration, Instant};

use crate::damage::Damage;
use crate::random::Random;
use crate::subjects::{Server, Subject};
use crate::table::SCENARIOS;

/// Inflicts one damage after the other on each server for so long. All servers are repaired in the end. Returns how many
/// there were.
pub(super) fn inflict(subjects: &[(Server, Box<dyn Subject>)], seed: u64, length: Duration) -> usize {
    let end = Instant::now() + length;
    thread::scope(|scope| {
        let threads: Vec<_> = subjects
            .iter()
            .enumerate()
            .map(|(number, (server, subject))| {
                let random = Random::new(seed, 1_000 + number as u64);
                scope.spawn(move || on_one(*server, &**subject, random, end))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it can be damaged and repaired")).sum()
    })
}

fn on_one(server: Server, subject: &dyn Subject, mut random: Random, end: Instant) -> usize {
    let chosen = SCENARIOS.iter().filter(|scenario| scenario.server == server).map(|scenario| scenario.damage);
    let chosen: Vec<Damage> = chosen.filter(|damage| is_for_all(server, *damage)).collect();
    for number in 0.. {
        thread::sleep(random.millis(100, 700));
        if Instant::now() >= end {
            return number;
        }
        let damage = *random.one_of(&chosen);
        damage.inflict(subject);
        thread::sleep(random.millis(100, 1_500));
        damage.repair(subject);
        if damage == Damage::FailedOver {
            // A moment for the sentinel.
            thread::sleep(Duration::from_secs(3));
        }
        subject.reset();
    }
    unreachable!("the numbers are endless")
}

/// Whether the damage affects clients that were not made for it.
fn is_for_all(server: Server, damage: Damage) -> bool {
    let is_special = damage == Damage::Password && matches!(server, Server::Redis | Server::S3);
    !damage.needs_namespaces() && !is_special
}
