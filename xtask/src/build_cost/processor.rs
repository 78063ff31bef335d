//! Processor time.

use std::fs;
use std::time::Duration;

/// Clock ticks per second that Linux reports to programs, on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// Returns the processor time of all child processes that have ended, and of their children. `None` if the system has
/// no `/proc`.
pub(super) fn of_children() -> Option<Duration> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Reads fields 16 and 17 of `proc_pid_stat(5)`. Field 2 is a name in parentheses, which may contain any character.
fn parse(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u32> = fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    let [user, system] = ticks.try_into().ok()?;
    Some(TICK * (user + system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_children_are_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 1 2 3 4 50 60 120 3 20 0 1 0 5 6 7";
        assert_eq!(parse(stat), Some(Duration::from_millis(1_230)));
        assert_eq!(parse("7 (a) S 1"), None);
    }
}
