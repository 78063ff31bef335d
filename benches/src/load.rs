//! How busy the machine was with other programs. Figures from a busy machine are less reliable.

use std::fs;

/// Processor time so far, in the system's ticks.
struct Ticks {
    /// Of all cores, idle or not.
    all: u64,
    idle: u64,
    /// Of this process, including its threads that have ended.
    own: u64,
}

/// The processor time at the start of a measurement.
pub(crate) struct Load(Option<Ticks>);

impl Load {
    pub(crate) fn start() -> Self {
        Self(Ticks::now())
    }

    /// Returns the percentage of the machine's time that other programs have used since the start, or `None` if the
    /// system does not report it.
    pub(crate) fn of_others(&self) -> Option<f64> {
        let (start, now) = (self.0.as_ref()?, Ticks::now()?);
        percent(start, &now)
    }
}

#[expect(clippy::cast_precision_loss, reason = "ticks of some minutes")]
fn percent(start: &Ticks, now: &Ticks) -> Option<f64> {
    let all = now.all.checked_sub(start.all).filter(|all| *all > 0)?;
    let (idle, own) = (now.idle.saturating_sub(start.idle), now.own.saturating_sub(start.own));
    Some(100.0 * all.saturating_sub(idle + own) as f64 / all as f64)
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::read(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// Parses the two files. The first line of the system's file has the ticks for user, nice, system, idle, waiting
    /// for disks, interrupts (two fields) and those taken by the host; guests' time is part of the first two. In the
    /// process's file, user and system time are the 12th and 13th field after the name, which is in parentheses.
    fn read(system: &str, process: &str) -> Option<Self> {
        let fields = system.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
        let fields: Vec<u64> = fields.take(8).map_while(|field| field.parse().ok()).collect();
        let (_, process) = process.rsplit_once(')')?;
        let own = process.split_whitespace().skip(11).take(2).map_while(|field| field.parse::<u64>().ok()).sum();
        Some(Self { all: fields.iter().sum(), idle: fields.get(3)? + fields.get(4)?, own })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_ours_nor_idle_is_others() {
        let at = |user: u64, idle: u64, own: u64| {
            let process = format!("1 (a b) c) R 1 1 1 0 -1 0 0 0 0 0 {own} 5 0 0 20");
            Ticks::read(&format!("cpu  {user} 0 10 {idle} 0 0 0 0 0 0\ncpu0 1\n"), &process).expect("well formed")
        };
        assert_eq!(percent(&at(100, 100, 50), &at(180, 120, 120)), Some(10.0));
        assert_eq!(percent(&at(1, 1, 1), &at(1, 1, 1)), None);
    }
}
