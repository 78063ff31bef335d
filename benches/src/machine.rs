//! The machine and the software of a measurement, read from the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

/// Percent of the machine's time. If other programs use more, threads wait for a core, which distorts the figures.
const MUCH: f64 = 5.0;

/// The machine, the day, the compiler, and the versions of the crates.
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) date: String,
    pub(crate) compiler: String,
    /// Percent of its time that other programs used during the measurement.
    pub(crate) others: Option<f64>,
    lock: String,
}

impl Machine {
    pub(crate) fn this() -> Result<Self, String> {
        let lock = root().join("Cargo.lock");
        Ok(Self {
            processor: processor(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            date: today()?,
            compiler: compiler(),
            others: None,
            lock: fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?,
        })
    }

    /// Returns the path of the page for this processor, from the workspace's root.
    pub(crate) fn page(&self) -> String {
        let words =
            self.processor.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        format!("benches/results/{}.md", words.collect::<Vec<_>>().join("-").to_lowercase())
    }

    /// Returns a sentence about other load on the machine, to follow another sentence.
    pub(crate) fn disturbance(&self) -> String {
        match self.others {
            Some(share) if share > MUCH => {
                format!(" Other programs had {share:.0} % of its time meanwhile: **too much for figures to rely on**.")
            }
            Some(share) => format!(" Other programs had {share:.1} % of its time meanwhile."),
            None => String::new(),
        }
    }

    /// Returns the version of a package in the lock file.
    pub(crate) fn version(&self, package: &str) -> String {
        locked(&self.lock, package).unwrap_or_else(|| "?".to_owned())
    }
}

/// Returns the root of the workspace, which contains this crate's directory.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.to_path_buf(), Path::to_path_buf)
}

/// Returns the processor's name if the system reports it, else its architecture.
fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

fn compiler() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let said = Command::new(rustc).arg("--version").current_dir(root()).output();
    said.map_or_else(|_| "rustc ?".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// Returns the version in `Cargo.lock`. Of several, the last one is the highest.
fn locked(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    let mut found = None;
    while let Some(line) = lines.next() {
        if line == format!("name = \"{package}\"") {
            let version = lines.next().and_then(|line| line.strip_prefix("version = "));
            found = version.map(|version| version.trim_matches('"').to_owned());
        }
    }
    found
}

fn today() -> Result<String, String> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|error| error.to_string())?;
    Ok(date(since.as_secs() / 86_400))
}

/// Converts days since 1970 to year-month-day.
fn date(mut days: u64) -> String {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, days + 1)
}

/// Waits until breaker-core's clock is calibrated. Until then it reads a slower clock.
pub(crate) fn wait_for_the_clock() {
    drop(breaker_core::CircuitBreaker::new("clock", breaker_core::Config::default()));
    if fs::read_dir("/proc/self/task").is_err() {
        println!("no /proc here: a second for the calibration of the clock");
        thread::sleep(Duration::from_secs(1));
        return;
    }
    // The thread may not have its name yet.
    thread::sleep(Duration::from_millis(20));
    while calibrating() {
        thread::sleep(Duration::from_millis(10));
    }
}

fn calibrating() -> bool {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks
        .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
        .any(|name| name.trim() == "breaker-clock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(date(19_783), "2024-03-01");
        assert_eq!(date(20_453), "2025-12-31");
    }

    #[test]
    fn each_processor_has_a_page() {
        let page = |processor: &str| {
            let (date, compiler, lock) = (String::new(), String::new(), String::new());
            Machine { processor: processor.to_owned(), cores: 2, date, compiler, others: None, lock }.page()
        };
        assert_eq!(page("AMD EPYC"), "benches/results/amd-epyc.md");
        assert_eq!(page("Intel(R) Xeon(R) CPU @ 2.20GHz"), "benches/results/intel-r-xeon-r-cpu-2-20ghz.md");
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock =
            "[[package]]\nname = \"one\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"two\"\nversion = \"2.0.0\"\n";
        assert_eq!(locked(lock, "one").as_deref(), Some("1.2.3"));
        assert_eq!(locked(lock, "three"), None);
    }
}
