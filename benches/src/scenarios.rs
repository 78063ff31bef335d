//! The scenarios, in the order in which they run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use breaker_core::{Config, Registry, Window};

use crate::heap::{self, Heap};
use crate::measure::{Effort, Figures, Plan, measure};
use crate::numbers::median;
use crate::pool::Pool;
use crate::subjects::{About, Family, Purpose, Subject, attribute, everything, ours, subject};
use crate::work::{AllSucceed, Alternating, Stream, Tally, TenthFails};

/// Numbers of threads that call one breaker.
pub(crate) const THREADS: [usize; 4] = [1, 2, 4, 8];
/// Numbers of services that one thread calls in turn.
pub(crate) const SERVICES: [usize; 3] = [1, 16, 1_000];

/// All figures of a run. A scenario that was not selected has none.
#[derive(Default)]
pub(crate) struct Results {
    pub(crate) closed: Option<Figures>,
    pub(crate) failing: Option<Figures>,
    pub(crate) defaults: Option<Figures>,
    pub(crate) waiting: Option<Figures>,
    pub(crate) rejected: Option<Figures>,
    pub(crate) probing: Option<Figures>,
    pub(crate) cycling: Option<Figures>,
    pub(crate) services: Option<Figures>,
    pub(crate) attribute: Option<Figures>,
    pub(crate) windows: Option<Figures>,
    pub(crate) snapshots: Option<Snapshots>,
    pub(crate) heap: Option<Heap>,
}

/// How long it takes to read the metrics.
pub(crate) struct Snapshots {
    pub(crate) one: Duration,
    pub(crate) thousand: Duration,
}

/// The names by which scenarios are selected.
pub(crate) const NAMES: [&str; 12] = [
    "closed",
    "failing",
    "defaults",
    "waiting",
    "rejected",
    "probing",
    "cycling",
    "services",
    "attribute",
    "windows",
    "snapshots",
    "heap",
];

/// Measures the scenarios whose names satisfy `wanted`.
pub(crate) fn run(pool: &Pool, effort: Effort, wanted: impl Fn(&str) -> bool) -> Results {
    let mut results = Results::default();
    let timed = |name: &str, step: &mut dyn FnMut()| {
        if wanted(name) {
            let start = Instant::now();
            step();
            println!("{name:<10} {:>6.1} s", start.elapsed().as_secs_f64());
        }
    };
    let measured = |plans| Some(measure(pool, effort, plans));
    timed("closed", &mut || results.closed = measured(on_threads::<AllSucceed>(Purpose::Closed)));
    timed("failing", &mut || results.failing = measured(on_threads::<TenthFails>(Purpose::Closed)));
    timed("defaults", &mut || results.defaults = measured(on_threads::<AllSucceed>(Purpose::Defaults)));
    timed("waiting", &mut || results.waiting = measured(on_threads::<TenthFails>(Purpose::Waiting)));
    timed("rejected", &mut || results.rejected = Some(measure(pool, effort, rejected())));
    timed("probing", &mut || results.probing = Some(measure(pool, effort, probing())));
    timed("cycling", &mut || results.cycling = Some(measure(pool, effort, cycling())));
    timed("services", &mut || results.services = Some(measure(pool, effort, services())));
    timed("attribute", &mut || results.attribute = Some(measure(pool, effort, on_one_thread(attribute::subjects()))));
    timed("windows", &mut || results.windows = Some(measure(pool, effort, on_one_thread(windows()))));
    timed("snapshots", &mut || results.snapshots = Some(snapshots(effort)));
    timed("heap", &mut || results.heap = Some(heap::measure()));
    results
}

type Found = Vec<(About, Arc<dyn Subject>)>;

fn plan((about, subject): (About, Arc<dyn Subject>), expected: fn(u64) -> Tally) -> Plan {
    Plan { about, subject, parameter: 1, threads: 1, expected, stays_closed: false }
}

/// Returns plans with new subjects for each number of threads.
fn on_threads<S: Stream>(purpose: Purpose) -> Vec<Plan> {
    let on = |threads| {
        let subjects = everything::<S>(purpose, 1).into_iter();
        let plan =
            move |found| Plan { threads, parameter: threads, stays_closed: true, ..plan(found, Tally::expected::<S>) };
        subjects.map(plan)
    };
    THREADS.into_iter().flat_map(on).collect()
}

fn services() -> Vec<Plan> {
    let with = |services| {
        let subjects = everything::<AllSucceed>(Purpose::Closed, services).into_iter();
        subjects.map(move |found| Plan { parameter: services, ..plan(found, Tally::expected::<AllSucceed>) })
    };
    SERVICES.into_iter().flat_map(with).collect()
}

fn on_one_thread(found: Found) -> Vec<Plan> {
    let expected = Tally::expected::<AllSucceed>;
    found.into_iter().map(|found| Plan { stays_closed: true, ..plan(found, expected) }).collect()
}

fn rejected() -> Vec<Plan> {
    opened(Purpose::Rejected).into_iter().map(|found| plan(found, Tally::all_rejected)).collect()
}

fn probing() -> Vec<Plan> {
    opened(Purpose::Probing).into_iter().map(|found| plan(found, Tally::expected::<AllSucceed>)).collect()
}

/// Returns subjects whose circuits were opened by failures, as in practice, and not by a switch. One failure is enough
/// for most; recloser needs two, because its buffer must be full first, and one rule of failsafe opens nothing in its
/// first second. A failed probe opens the circuit again.
fn opened(purpose: Purpose) -> Found {
    let subjects = everything::<AllSucceed>(purpose, 1);
    for _ in 0..2 {
        for (_, subject) in &subjects {
            subject.fail();
            subject.fail();
        }
        std::thread::sleep(Duration::from_millis(1_100));
    }
    subjects
}

fn cycling() -> Vec<Plan> {
    let expected = Tally::expected::<Alternating>;
    everything::<Alternating>(Purpose::Cycling, 1).into_iter().map(|found| plan(found, expected)).collect()
}

/// Returns our subjects with windows of all lengths.
fn windows() -> Found {
    let hour = Duration::from_secs(3_600);
    let minute = Duration::from_secs(60);
    let lengths = [
        ("1 s", Window::Time(Duration::from_secs(1))),
        ("60 s", Window::Time(minute)),
        ("1 h", Window::Time(hour)),
        ("last 10 calls", Window::Calls(10)),
        ("last 100 calls", Window::Calls(100)),
        ("last 10000 calls", Window::Calls(10_000)),
    ];
    let mut found: Found = Vec::new();
    for times in [false, true] {
        for (name, window) in lengths {
            let config = Config::builder().failure_rate(0.9).window(window).response_times(times).build();
            let config = config.expect("the bench's configuration is right");
            let subject = subject::<AllSucceed, _>(1, || ours::Plain::new(config.clone()));
            let about = About { times, ..About::new(name, name, Family::Ours) };
            let recorded = if times { "everything recorded" } else { "`response_times = false`" };
            found.push((About { name: format!("{name}, {recorded}"), ..about }, subject));
        }
    }
    found
}

fn snapshots(effort: Effort) -> Snapshots {
    let registry = Registry::new();
    let names = (0..1_000).map(|index| format!("service {index}"));
    let breakers: Vec<_> = names.map(|name| registry.get_or_create(&name, Config::default())).collect();
    // Called from two threads, so that there is something to add up.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for breaker in &breakers {
                    for n in 1..=100 {
                        let _ = breaker.call(|| TenthFails::work(n * 10 + 1));
                    }
                }
            });
        }
    });
    let each = |times: u32, read: &dyn Fn()| {
        let round = |_| {
            let start = Instant::now();
            (0..times).for_each(|_| read());
            start.elapsed().as_secs_f64() / f64::from(times)
        };
        Duration::from_secs_f64(median(&(0..effort.rounds).map(round).collect::<Vec<_>>()))
    };
    let metrics = || {
        std::hint::black_box(breakers[0].metrics());
    };
    let all = || {
        std::hint::black_box(registry.metrics());
    };
    Snapshots { one: each(2_000, &metrics), thousand: each(5, &all) }
}
