//! The page with the tables.

use std::fmt::Write as _;

use crate::Plan;
use crate::callers::{CALLERS, TIMEOUT};
use crate::figures::{Phase, Round, median, middle};

/// How many times more calls are answered with a breaker while the service answers nothing.
const GOAL: f64 = 100.0;

pub(crate) struct Report {
    pub(crate) text: String,
    pub(crate) is_met: bool,
}

impl Report {
    pub(crate) fn of(phases: &[Phase], plan: Plan) -> Self {
        let mut text = head(plan);
        for phase in phases {
            text += &row(phase.name, "without", &phase.plain);
            text += &row("", "with", &phase.guarded);
        }
        text += "\n![Calls answered in a second](load.svg)\n\n";
        let mut is_met = true;
        for phase in phases {
            match phase.name {
                "normal" => text += &normal(phase),
                "black-holed" => {
                    let (ratio, plain, guarded) = ratio(phase);
                    is_met &= ratio >= GOAL;
                    let _ = writeln!(
                        text,
                        "- **Black-holed**: {guarded:.0} calls a second are answered with the breaker, {plain:.0} \
                         without: {ratio:.0} times as many (goal: {GOAL:.0})."
                    );
                }
                "recovering" => {
                    let at_last = |rounds: &[Round]| median(rounds, Round::served_at_last);
                    let _ = writeln!(
                        text,
                        "- **Recovering**: in the half of the round in which it answers again, the service gave {:.0} \
                         values a second with the breaker, {:.0} without.",
                        at_last(&phase.guarded),
                        at_last(&phase.plain),
                    );
                }
                _ => {}
            }
        }
        Self { text, is_met }
    }
}

fn head(plan: Plan) -> String {
    format!(
        "# Under load, with and without a circuit breaker\n\n\
         Written by `cargo xtask load`. {CALLERS} callers on one thread send one request after another to a service on \
         the loopback, on another thread, and wait at most {TIMEOUT:?} for an answer. Rounds of {:?} with and without \
         the breaker alternate; the figures are medians of {} rounds. A failing answer takes 20 ms. A recovering \
         service answers nothing during the first half of a round. The breaker: `failure_rate = 0.5, minimum_requests = \
         20, window = \"2s\", open_timeout = \"200ms\"` and a fallback that returns a copy.\n\n\
         Processor: {}.\n\n\
         | service | breaker | answered a second | by the service | by the fallback | errors | p50 (ms) | p99 (ms) | \
         p99.9 (ms) |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: |\n",
        plan.round,
        plan.rounds,
        processor(),
    )
}

fn row(name: &str, breaker: &str, rounds: &[Round]) -> String {
    let [answered, served, copied, failed] =
        [Round::answered, Round::served, Round::copied, Round::failed].map(|figure| median(rounds, figure));
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| median(rounds, |round| round.latency(share)));
    format!(
        "| {name} | {breaker} | {answered:.0} | {served:.0} | {copied:.0} | {failed:.0} | {p50:.4} | {p99:.3} | \
         {p999:.3} |\n"
    )
}

/// Compares each round with the breaker with the one before it.
fn normal(phase: &Phase) -> String {
    let pairs = || phase.plain.iter().zip(&phase.guarded);
    let mut more: Vec<f64> = pairs().map(|(plain, guarded)| 1e9 / guarded.served() - 1e9 / plain.served()).collect();
    more.sort_by(f64::total_cmp);
    let spread = |rounds: &[Round]| {
        let served = || rounds.iter().map(Round::served);
        (served().fold(f64::MAX, f64::min), served().fold(f64::MIN, f64::max))
    };
    let (plain, guarded) = (spread(&phase.plain), spread(&phase.guarded));
    format!(
        "- **Normal**: {:.0} to {:.0} calls a second without the breaker, {:.0} to {:.0} with. By pairs of rounds, a \
         call takes {:.0} ns more with it in the middle, {:.0} to {:.0} ns in the extremes.\n",
        plain.0,
        plain.1,
        guarded.0,
        guarded.1,
        middle(more.clone()),
        more.first().copied().unwrap_or(0.0),
        more.last().copied().unwrap_or(0.0),
    )
}

fn ratio(phase: &Phase) -> (f64, f64, f64) {
    let (plain, guarded) = (median(&phase.plain, Round::answered), median(&phase.guarded, Round::answered));
    (guarded / plain, plain, guarded)
}

fn processor() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
