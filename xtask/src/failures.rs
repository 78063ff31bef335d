//! What a test runner says of failed tests, for the summary: in the log, the steps after it would hide it.

/// How many lines of a panic's message are kept, and how many lines in all.
const OF_EACH: usize = 12;
const OF_ALL: usize = 100;

/// The names of the tests that failed, and the beginnings of their messages.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    lines: Vec<String>,
    /// How many lines of the present message are still kept.
    following: usize,
}

impl Failures {
    /// Hears one line of the runner.
    pub(crate) fn hear(&mut self, line: &str) {
        let text = line.trim();
        // nextest repeats the names at the end.
        let is_name = text.starts_with("FAIL [") || text.ends_with("... FAILED");
        let is_message = text.contains("panicked at") || text.starts_with("SIG") || text.starts_with("TIMEOUT [");
        if is_message {
            self.following = OF_EACH;
        }
        let is_kept = is_name && !self.lines.iter().any(|kept| kept == text) || self.following > 0;
        if text.starts_with("stack backtrace:") {
            self.following = 0;
        } else if is_kept && self.lines.len() < OF_ALL {
            self.following = self.following.saturating_sub(usize::from(!is_name));
            self.lines.push(text.to_owned());
        }
    }

    /// Adds them to the message of the step.
    pub(crate) fn add_to(&self, message: &str) -> String {
        let lines = self.lines.iter().map(|line| format!("\n    {line}"));
        std::iter::once(message.to_owned()).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(log: &str) -> String {
        let mut failures = Failures::default();
        log.lines().for_each(|line| failures.hear(line));
        failures.add_to("it failed")
    }

    #[test]
    fn names_and_messages_are_kept_once_and_nothing_else() {
        let log = "    PASS [   0.1s] a::b\n    FAIL [   1.2s] a::c\n  stdout ---\n    running 1 test\n  stderr ---\n    \
                   thread 'c' panicked at a.rs:1:2:\n    left is not right\n    stack backtrace:\n      0: x\n    PASS [   \
                   0.1s] a::d\n    FAIL [   1.2s] a::c\n";
        let kept = "it failed\n    FAIL [   1.2s] a::c\n    thread 'c' panicked at a.rs:1:2:\n    left is not right";
        assert_eq!(heard(log), kept);
        assert_eq!(heard("test a::c ... FAILED\ntest a::d ... ok\n"), "it failed\n    test a::c ... FAILED");
        assert_eq!(heard("PASS a\n"), "it failed");
    }

    #[test]
    fn a_long_message_is_cut_off() {
        let long = format!("thread 'c' panicked at a.rs:1:2:\n{}", "more\n".repeat(50));
        assert_eq!(heard(&long).lines().count(), 1 + OF_EACH);
        assert_eq!(heard(&long.repeat(50)).lines().count(), 1 + OF_ALL);
    }
}
