//! The soak: very many calls on many threads. At the end, each counter must equal what the threads counted themselves,
//! and no memory may have leaked. First circuits that stay closed, then circuits that open and close constantly.
//!
//! ```text
//! soak          makes 10^9 calls
//! soak 1e7      makes 10^7 calls
//! ```

mod calls;
mod churn;
mod memory;
mod report;
mod steady;
mod tally;

use std::process::ExitCode;
use std::time::Instant;

const THREADS: u64 = 8;

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "1e9".to_owned());
    let Some(calls) = number(&argument) else {
        eprintln!("soak: `{argument}` is no number of calls: write `1e7` or `10000000`");
        return ExitCode::FAILURE;
    };
    let each = (calls / THREADS).max(1);
    let start = Instant::now();
    println!("{} calls on {THREADS} threads, closed circuits", each * THREADS);
    let mut differences = steady::run(each);
    // Each transition is an event that is delivered, which costs far more than a call.
    let each = (each / 50).max(1);
    println!("\n{} calls on {THREADS} threads, circuits that open and close", each * THREADS);
    differences.extend(churn::run(each));
    let took = start.elapsed().as_secs_f64();
    if differences.is_empty() {
        println!("\nevery counter is exact, memory is flat; {took:.0} s");
        return ExitCode::SUCCESS;
    }
    eprintln!("\nsoak: after {took:.0} s, {} difference(s):\n  {}", differences.len(), differences.join("\n  "));
    ExitCode::FAILURE
}

/// Parses `1000` or `1e3`.
fn number(text: &str) -> Option<u64> {
    let (digits, zeros) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    digits.parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(zeros.parse().ok()?)?).filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_of_calls() {
        assert_eq!(number("1e9"), Some(1_000_000_000));
        assert_eq!(number("12"), Some(12));
        assert_eq!(number("0"), None);
        assert_eq!(number("many"), None);
        assert_eq!(number("1e99"), None);
    }
}
