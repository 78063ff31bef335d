//! Steady traffic over HTTP: a new request at every tick, whether or not the earlier ones have ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::service::PRODUCTS;
use crate::visitor::Visitor;

/// The time between two requests: 125 a second.
const TICK: Duration = Duration::from_millis(8);
/// The pause between two requests of the visitor who waits for each answer.
const THINKS: Duration = Duration::from_millis(40);
/// Every so many requests, a visitor writes a review instead of reading a page.
const WRITE_EVERY: u32 = 10;

/// What the visitors asked for, and whether they got it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visits {
    pub(crate) made: u64,
    /// Not even a fallback helped.
    pub(crate) failed: u64,
    /// A request panicked.
    pub(crate) lost: u64,
}

impl Visits {
    fn add(&mut self, other: Self) {
        self.made += other.made;
        self.failed += other.failed;
        self.lost += other.lost;
    }
}

/// Sends requests for `length`, then waits for those on their way; beside them, one visitor looks through listings.
pub(crate) async fn run(visitor: Arc<Visitor>, length: Duration) -> Visits {
    let mut visits = Visits::default();
    let mut on_their_way = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    let end = tokio::time::Instant::now() + length;
    let mut number: u32 = 0;
    let patient = tokio::spawn(one_by_one(Arc::clone(&visitor), end));
    while tokio::time::Instant::now() < end {
        tokio::select! {
            _ = tick.tick() => {
                on_their_way.spawn(visit(Arc::clone(&visitor), number));
                number += 1;
                visits.made += 1;
            }
            Some(done) = on_their_way.join_next() => enter(&mut visits, &done),
        }
    }
    while let Some(done) = on_their_way.join_next().await {
        enter(&mut visits, &done);
    }
    match patient.await {
        Ok(patient) => visits.add(patient),
        Err(_) => visits.lost += 1,
    }
    visits
}

/// A listing and a price, one after another. So that it is known which listing is a probe.
async fn one_by_one(visitor: Arc<Visitor>, end: tokio::time::Instant) -> Visits {
    let mut visits = Visits::default();
    for product in (0..PRODUCTS).cycle() {
        if tokio::time::Instant::now() >= end {
            break;
        }
        visits.made += 1;
        visits.failed += u64::from(!visitor.price(product).await);
        tokio::time::sleep(THINKS).await;
    }
    visits
}

async fn visit(visitor: Arc<Visitor>, number: u32) -> bool {
    let product = product(number);
    if number.is_multiple_of(WRITE_EVERY) { visitor.review(product).await } else { visitor.page(product).await }
}

/// Walks through the products in steps that are prime to their number: all get their turn, neighbours in time are
/// no neighbours in the table, and two runs ask for the same.
fn product(number: u32) -> u32 {
    (number / 2).wrapping_mul(29) % PRODUCTS
}

fn enter(visits: &mut Visits, done: &Result<bool, tokio::task::JoinError>) {
    match done {
        Ok(true) => {}
        Ok(false) => visits.failed += 1,
        Err(_) => visits.lost += 1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{PRODUCTS, product};

    #[test]
    fn every_product_gets_its_turn() {
        let seen: HashSet<u32> = (0..PRODUCTS * 2).map(product).collect();
        assert_eq!(seen.len(), PRODUCTS as usize);
        assert!(seen.iter().all(|product| *product < PRODUCTS));
    }
}
