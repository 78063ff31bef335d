//! The cases: each kind of call, with each rule, in each state of the window.

use std::time::Duration;

use breaker_core::{Config, ConfigBuilder};

use super::{Bad, Case, Pace, Stripes};

/// A number that no case reaches.
const NEVER: u32 = 1_000_000_000;

/// What is recorded of a call under any rule. Calls are only compared with calls that record the same.
#[derive(Clone, Copy)]
enum Recorded {
    /// Only counters: no rule looks at successes, and no call is timed.
    Counters,
    /// Like `Counters`, and the consecutive failures of all threads.
    Run,
    /// A time window.
    Time,
    /// A time window and the response time.
    Times,
    /// A window by count.
    Count,
    /// A window by count and the response time.
    CountTimes,
}

impl Recorded {
    fn name(self) -> &'static str {
        match self {
            Self::Counters => "counters",
            Self::Run => "counters and run",
            Self::Time => "time window",
            Self::Times => "time window, timed",
            Self::Count => "last calls",
            Self::CountTimes => "last calls, timed",
        }
    }

    fn is_timed(self) -> bool {
        matches!(self, Self::Times | Self::CountTimes)
    }

    fn is_by_count(self) -> bool {
        matches!(self, Self::Count | Self::CountTimes)
    }

    fn config(self) -> ConfigBuilder {
        let config = Config::builder().response_times(self.is_timed());
        if self.is_by_count() { config.window(10_000) } else { config.window(Duration::from_secs(16)) }
    }
}

/// A rule, with a function that sets it.
#[derive(Clone)]
struct Rule {
    name: String,
    set: fn(ConfigBuilder, u32) -> ConfigBuilder,
    /// The minimum of calls, or the threshold of failures.
    number: u32,
    /// See [`Case::before`].
    before: Option<u64>,
}

fn rule(name: impl Into<String>, number: u32, set: fn(ConfigBuilder, u32) -> ConfigBuilder) -> Rule {
    Rule { name: name.into(), set, number, before: None }
}

pub(crate) fn all() -> Vec<Case> {
    let recorded =
        [Recorded::Counters, Recorded::Run, Recorded::Time, Recorded::Times, Recorded::Count, Recorded::CountTimes];
    let states = [Stripes::One, Stripes::OneOf64, Stripes::All]
        .into_iter()
        .flat_map(|stripes| paces(stripes).into_iter().map(move |pace| (stripes, pace)));
    let states: Vec<_> = states.collect();
    let bads = [Bad::None, Bad::Fails(10), Bad::Fails(2), Bad::Slow(2)];
    let mut cases = Vec::new();
    for (recorded, bad) in recorded.into_iter().flat_map(|recorded| bads.map(|bad| (recorded, bad))) {
        for (stripes, pace) in states.iter().copied() {
            // A window by count has no slices.
            if recorded.is_by_count() && matches!(pace, Pace::Turning(_)) {
                continue;
            }
            let rules = rules(recorded, stripes, pace, bad).into_iter();
            cases.extend(rules.map(|rule| case(recorded, bad, stripes, pace, &rule)));
        }
    }
    cases
}

fn paces(stripes: Stripes) -> Vec<Pace> {
    match stripes {
        Stripes::OneOf64 => vec![Pace::Empty, Pace::Turning(100)],
        Stripes::One | Stripes::All => vec![Pace::Empty, Pace::Begun, Pace::Full, Pace::Turning(100), Pace::Turning(5)],
    }
}

fn case(recorded: Recorded, bad: Bad, stripes: Stripes, pace: Pace, rule: &Rule) -> Case {
    let share = match bad {
        Bad::None => "all succeed".to_owned(),
        Bad::Fails(one_in) => format!("1 of {one_in} fails"),
        Bad::Slow(one_in) => format!("1 of {one_in} is slow"),
    };
    let who = match stripes {
        Stripes::One => "1 stripe",
        Stripes::OneOf64 => "1 of 64 stripes",
        Stripes::All => "64 stripes",
    };
    let state = match pace {
        Pace::Empty => "empty".to_owned(),
        Pace::Begun => "100 in the first slice".to_owned(),
        Pace::Full => "full".to_owned(),
        Pace::Turning(calls) => format!("{calls} a slice"),
    };
    // Each bad call of a window by count is evaluated: it is placed after all successes so far, of all stripes.
    let is_judged = recorded.is_by_count() && bad != Bad::None;
    let of_stripes = if is_judged { format!(", {who}") } else { String::new() };
    // The first call of a slice is a large part of the cost of few, and the first one of a thread of the cost of its few.
    let of_pace = if pace == Pace::Turning(5) { format!(", {who}, {state}") } else { String::new() };
    Case {
        kind: format!("{}, {share}{of_stripes}{of_pace}", recorded.name()),
        name: format!("{who}, {state}, {}", rule.name),
        config: (rule.set)(recorded.config(), rule.number),
        stripes,
        pace,
        bad,
        before: rule.before,
    }
}

/// Returns the rules that make sense for such calls.
fn rules(recorded: Recorded, stripes: Stripes, pace: Pace, bad: Bad) -> Vec<Rule> {
    let in_a_row = rule("consecutive_failures", NEVER, ConfigBuilder::consecutive_failures);
    // A window by count holds no more calls.
    let out_of_reach = if recorded.is_by_count() { 10_000 } else { NEVER };
    let threshold = rule("failure_threshold", out_of_reach, ConfigBuilder::failure_threshold);
    match (recorded, bad) {
        (Recorded::Counters, Bad::None | Bad::Fails(_)) => vec![threshold],
        (Recorded::Run, Bad::None | Bad::Fails(_)) => vec![in_a_row],
        (Recorded::Counters | Recorded::Run, Bad::Slow(_)) => Vec::new(),
        (_, Bad::None) => {
            let mut rules = vec![in_a_row, threshold];
            rules.extend(near_threshold(stripes, pace));
            rules.extend(minimums(recorded, stripes, pace));
            if matches!(recorded, Recorded::Time | Recorded::Count) {
                // Without a rate, an untimed window would not hold successes.
                rules.retain(|rule| recorded.is_by_count() || rule.name.starts_with("failure_rate"));
            }
            rules
        }
        (_, Bad::Fails(one_in)) => {
            let just_above: fn(ConfigBuilder, u32) -> ConfigBuilder =
                |config, one_in| config.failure_rate(1.0 / f64::from(one_in) + 0.01);
            let share = rule("failure_rate just above", u32::try_from(one_in).unwrap_or(2), just_above);
            vec![share, rule("failure_rate 0.99", 10, |config, n| config.failure_rate(0.99).minimum_requests(n))]
        }
        (_, Bad::Slow(_)) if recorded.is_timed() => vec![
            rule("slow_call_rate just above", 10, |config, n| slow(config, 0.51).minimum_requests(n)),
            rule("slow_call_rate 0.99", 10, |config, n| slow(config, 0.99).minimum_requests(n)),
        ],
        (_, Bad::Slow(_)) => Vec::new(),
    }
}

fn slow(config: ConfigBuilder, rate: f64) -> ConfigBuilder {
    config.slow_call_duration(Duration::from_micros(1)).slow_call_rate(rate)
}

/// The window holds one failure less than the threshold, and only successes follow.
fn near_threshold(stripes: Stripes, pace: Pace) -> Option<Rule> {
    let held = held(stripes, pace)?;
    let mut rule = rule("failure_threshold, one is missing", u32::try_from(held / 100 + 1).ok()?, |config, n| {
        config.failure_threshold(n)
    });
    rule.before = Some(100);
    Some(rule)
}

/// Returns rules with a minimum that is reached, out of reach, or a few calls away.
fn minimums(recorded: Recorded, stripes: Stripes, pace: Pace) -> Vec<Rule> {
    let rate = |name: String, minimum: u32| {
        rule(format!("failure_rate, {name}"), minimum, |config, n| config.failure_rate(0.99).minimum_requests(n))
    };
    let mut rules = vec![rate("minimum 10".to_owned(), 10)];
    let out_of_reach = if recorded.is_by_count() { 10_000 } else { NEVER };
    rules.push(rate(format!("minimum {out_of_reach}"), out_of_reach));
    let held = held(stripes, pace).unwrap_or(0);
    let missing: &[u64] = if matches!(recorded, Recorded::Times) { &[1, 10, 100, 200] } else { &[1, 200] };
    for missing in missing {
        let minimum = held + missing;
        if !recorded.is_by_count() || minimum < 10_000 {
            rules.extend(u32::try_from(minimum).map(|minimum| rate(format!("{missing} missing"), minimum)));
        }
    }
    if recorded.is_timed() {
        rules.push(rule("slow_call_rate, minimum 10", 10, |config, n| slow(config, 0.99).minimum_requests(n)));
        rules.push(rule(format!("slow_call_rate, minimum {out_of_reach}"), out_of_reach, |config, n| {
            slow(config, 0.99).minimum_requests(n)
        }));
    }
    let waiting = |config: ConfigBuilder, n| config.failure_threshold(5_000).minimum_requests(n);
    rules.push(rule(format!("failure_threshold, minimum {out_of_reach}"), out_of_reach, waiting));
    rules
}

/// Returns the number of calls that the window holds at the start.
fn held(stripes: Stripes, pace: Pace) -> Option<u64> {
    let a_slice = match pace {
        Pace::Empty => return None,
        Pace::Begun => return Some(100 * stripes.callers()),
        Pace::Full => 100,
        Pace::Turning(calls) => calls,
    };
    Some(16 * a_slice * stripes.callers())
}
