//! What is measured.

use std::time::Duration;

use hdrhistogram::Histogram;

/// All rounds of one behaviour of the service.
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) plain: Vec<Round>,
    pub(crate) guarded: Vec<Round>,
}

/// What the callers got in one round.
pub(crate) struct Round {
    length: Duration,
    /// Answers of the service.
    pub(crate) values: u64,
    /// Of these, those whose call began in the second half.
    pub(crate) last_half_values: u64,
    /// Answers of the fallback.
    pub(crate) copies: u64,
    pub(crate) errors: u64,
    /// Nanoseconds until the caller had an answer or an error.
    pub(crate) latency: Histogram<u64>,
}

impl Round {
    pub(crate) fn new(length: Duration) -> Self {
        let latency = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order");
        Self { length, values: 0, last_half_values: 0, copies: 0, errors: 0, latency }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.values += other.values;
        self.last_half_values += other.last_half_values;
        self.copies += other.copies;
        self.errors += other.errors;
        self.latency.add(&other.latency).expect("both have the same bounds");
    }

    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 calls")]
    fn a_second(&self, calls: u64) -> f64 {
        calls as f64 / self.length.as_secs_f64()
    }

    /// Calls a second that returned to their caller, with whatever result.
    pub(crate) fn answered(&self) -> f64 {
        self.a_second(self.values + self.copies + self.errors)
    }

    pub(crate) fn served(&self) -> f64 {
        self.a_second(self.values)
    }

    /// Values a second of the second half.
    pub(crate) fn served_at_last(&self) -> f64 {
        2.0 * self.a_second(self.last_half_values)
    }

    pub(crate) fn copied(&self) -> f64 {
        self.a_second(self.copies)
    }

    pub(crate) fn failed(&self) -> f64 {
        self.a_second(self.errors)
    }

    /// Milliseconds that this share of the calls did not exceed.
    #[expect(clippy::cast_precision_loss, reason = "a minute has fewer than 2^53 nanoseconds")]
    pub(crate) fn latency(&self, share: f64) -> f64 {
        self.latency.value_at_quantile(share) as f64 / 1e6
    }
}

/// Returns the median of a figure over rounds.
pub(crate) fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    middle(rounds.iter().map(figure).collect())
}

pub(crate) fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}
