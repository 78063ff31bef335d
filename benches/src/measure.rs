//! Measures cells in rounds. Each visit covers each subject once, in turn, so that other load affects all alike.

use std::sync::Arc;
use std::time::Duration;

use crate::numbers::median;
use crate::pool::Pool;
use crate::subjects::{About, Family, Subject};
use crate::work::Tally;

/// How much to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Visits of each cell in a round. The round's figure is their median.
    pub(crate) visits: usize,
    /// The intended duration of a visit.
    pub(crate) visit: Duration,
}

/// One subject with one number of threads or services.
pub(crate) struct Cell {
    pub(crate) about: About,
    pub(crate) parameter: usize,
    /// Nanoseconds per call for each round: wall time divided by the calls of all threads.
    pub(crate) rounds: Vec<f64>,
}

/// What to measure in a cell.
pub(crate) struct Plan {
    pub(crate) about: About,
    pub(crate) subject: Arc<dyn Subject>,
    pub(crate) parameter: usize,
    pub(crate) threads: usize,
    /// Returns how a batch of this many calls must end.
    pub(crate) expected: fn(u64) -> Tally,
    /// Whether the circuit must be closed at the end.
    pub(crate) stays_closed: bool,
}

/// The figures of one scenario.
pub(crate) struct Figures {
    pub(crate) cells: Vec<Cell>,
}

/// Measures all plans, interleaved.
pub(crate) fn measure(pool: &Pool, effort: Effort, mut plans: Vec<Plan>) -> Figures {
    // Sort our subjects and the limits next to each other, for all numbers of threads: most ratios are between them.
    plans.sort_by_key(|plan| plan.about.family == Family::Peer);
    let calls: Vec<u64> = plans.iter().map(|plan| calls_in(pool, effort.visit, plan)).collect();
    let mut rounds = vec![Vec::with_capacity(effort.rounds); plans.len()];
    for round in 0..effort.rounds {
        let mut visits = vec![Vec::with_capacity(effort.visits); plans.len()];
        for visit in 0..effort.visits {
            // Start with another plan in each visit.
            let first = (round * effort.visits + visit) * 7 % plans.len();
            for index in (first..plans.len()).chain(0..first) {
                visits[index].push(visited(pool, &plans[index], calls[index]));
            }
        }
        for (figures, visits) in rounds.iter_mut().zip(&visits) {
            figures.push(median(visits));
        }
    }
    let cell = |(plan, rounds): (Plan, Vec<f64>)| {
        let about = plan.about;
        assert!(!plan.stays_closed || plan.subject.closed(), "{}: the circuit has opened", about.name);
        Cell { about, parameter: plan.parameter, rounds }
    };
    Figures { cells: plans.into_iter().zip(rounds).map(cell).collect() }
}

/// Returns the nanoseconds per call, after checking how the calls ended.
fn visited(pool: &Pool, plan: &Plan, calls: u64) -> f64 {
    let (took, tallies) = pool.run(&plan.subject, plan.threads, calls);
    let expected = (plan.expected)(calls);
    for tally in tallies {
        assert_eq!(tally, expected, "{}: other outcomes than the stream's", plan.about.name);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let all = (calls * plan.threads as u64) as f64;
    took.as_secs_f64() * 1e9 / all
}

/// Returns the number of calls that a thread makes in a visit, and warms up. The number is even, to keep pairs of calls
/// together.
fn calls_in(pool: &Pool, visit: Duration, plan: &Plan) -> u64 {
    const ROUGHLY: Duration = Duration::from_millis(2);
    let mut calls = 1_000_u64;
    loop {
        let (took, _) = pool.run(&plan.subject, plan.threads, calls);
        if took >= ROUGHLY {
            let wanted = u128::from(calls) * visit.as_nanos() / took.as_nanos();
            return (u64::try_from(wanted).unwrap_or(u64::MAX) / 2 * 2).max(100);
        }
        calls *= 4;
    }
}

impl Figures {
    pub(crate) fn cell(&self, name: &str, parameter: usize) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.about.name == name && cell.parameter == parameter)
    }

    /// Returns the parameters that occur, in ascending order.
    pub(crate) fn parameters(&self) -> Vec<usize> {
        let mut found: Vec<usize> = self.cells.iter().map(|cell| cell.parameter).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the fastest cell whose subject satisfies `wanted`.
    pub(crate) fn fastest(&self, parameter: usize, wanted: impl Fn(&About) -> bool) -> Option<&Cell> {
        let wanted = self.cells.iter().filter(|cell| cell.parameter == parameter && wanted(&cell.about));
        wanted.min_by(|a, b| a.figure().total_cmp(&b.figure()))
    }
}

impl Cell {
    /// Returns the median of the rounds.
    pub(crate) fn figure(&self) -> f64 {
        median(&self.rounds)
    }

    /// Returns the ratio of this cell's cost to the other's: the median over the rounds.
    pub(crate) fn over(&self, other: &Self) -> f64 {
        self.by_rounds(other, |own, other| own / other)
    }

    /// Returns by how many nanoseconds this cell costs more than the other one: the median over the rounds.
    pub(crate) fn above(&self, other: &Self) -> f64 {
        self.by_rounds(other, |own, other| own - other)
    }

    fn by_rounds(&self, other: &Self, compare: impl Fn(f64, f64) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        median(&pairs.map(|(own, other)| compare(*own, *other)).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str, rounds: &[f64]) -> Cell {
        Cell { about: About::new(name, "test", Family::Peer), parameter: 1, rounds: rounds.to_vec() }
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // In the second round the machine is half as fast for both.
        let (one, other) = (cell("one", &[10.0, 20.0, 10.0]), cell("other", &[5.0, 10.0, 5.0]));
        assert!((one.over(&other) - 2.0).abs() < 1e-9);
        assert!((one.above(&other) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn the_fastest_is_found_by_its_median() {
        let figures = Figures { cells: vec![cell("one", &[1.0, 9.0, 9.0]), cell("other", &[5.0, 5.0, 5.0])] };
        assert_eq!(figures.fastest(1, |_| true).expect("there are two").about.name, "other");
        assert!(figures.fastest(2, |_| true).is_none() && figures.fastest(1, |about| about.times).is_none());
    }
}
