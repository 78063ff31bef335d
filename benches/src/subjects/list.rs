//! The list of subjects, and what each of them records.

use std::sync::Arc;

use breaker_core::Config;

use super::seatbelt::Pace;
use super::{
    About, Family, Guarded, Purpose, Subject, breaker, circuitbreaker_rs, failsafe, limits, nobreak, ours, recloser,
    seatbelt, subject, tower_resilience,
};
use crate::work::Stream;

/// What a peer records in these figures, and how it was configured.
pub(crate) struct Peer {
    pub(crate) label: &'static str,
    /// The package, to look up its version.
    pub(crate) package: &'static str,
    /// A short description.
    pub(crate) records: &'static str,
    pub(crate) details: &'static str,
}

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        label: "nobreak",
        package: "nobreak",
        records: "failures in a row",
        details: "no window, no times, no metrics. Its only rule.",
    },
    Peer {
        label: "recloser",
        package: "recloser",
        records: "last 100 calls",
        details: "an exact window by count (100 calls, its default); no times, no metrics. To keep it half-open it got a \
                  share that no success reaches (-0.5), which costs nothing.",
    },
    Peer {
        label: "failsafe, consecutive",
        package: "failsafe",
        records: "failures in a row",
        details: "no window, no times. Its cheapest policy (its default is both together).",
    },
    Peer {
        label: "failsafe, success rate",
        package: "failsafe",
        records: "rate over 60 s",
        details: "a moving average and a count of calls in 5 slices; no times. It opens no circuit before its window has \
                  passed, so that one failure doesn't; for the row of rejections its window is 1 s.",
    },
    Peer {
        label: "breaker",
        package: "breaker",
        records: "last 100 calls, in a row",
        details: "an exact window by count (100 calls) and totals; no times. Async only.",
    },
    Peer {
        label: "circuitbreaker-rs",
        package: "circuitbreaker-rs",
        records: "times (for a sink), lifetime rate",
        details: "each call is timed and given to a metric sink (its default sink drops it); totals of its whole life, no \
                  window. Its policies with windows are never fed, so they are not measured.",
    },
    Peer {
        label: "seatbelt",
        package: "seatbelt",
        records: "rate over 60 s",
        details: "a window by time in 10 slices; no times. With its clock's defaults. Async only. Half-open it lets one probe or a random share of the calls through, so a row in which every call \
                  is a probe can't be had.",
    },
    Peer {
        label: "seatbelt, fast clock",
        package: "seatbelt",
        records: "rate over 60 s, to some ms",
        details: "the same with the fast clock of its crate tick (feature `fast-instant`): the system's coarse one, which moves \
                  every few milliseconds and is several times cheaper to read.",
    },
    Peer {
        label: "tower-resilience",
        package: "tower-resilience-circuitbreaker",
        records: "times (for slow calls), counts",
        details: "each call is timed, for its rule of slow calls; counts since the state last changed, which it calls a \
                  window by count (its default). Its window by time walks through a record of every call at every call, which can't be measured at this rate. A tower \
                  service: `poll_ready` and `call`, one service for each thread over one circuit. Its async mutex makes \
                  calls wait where threads meet: the thread is given up then (`yield_now`) and the future polled again.",
    },
];

/// Names that goals and tables refer to.
pub(crate) const BARE: &str = "bare call";
pub(crate) const COUNTER_READS: &str = "bare call + two raw TSC reads";
pub(crate) const UNTIMED: &str = "breaker-core, response_times = false";
pub(crate) const TIMED: &str = "breaker-core, everything recorded";
pub(crate) const RATE: &str = "breaker-core, rate over 60 s, response_times = false";
pub(crate) const HUNDRED: &str = "breaker-core, last 100 calls, response_times = false";
pub(crate) const DEFAULTS: &str = "breaker-core";
pub(crate) const WAITING: &str = "breaker-core, rate over 60 s, response_times = false, minimum not reached";
pub(crate) const WAITING_TIMED: &str = "breaker-core, everything recorded, minimum not reached";
pub(crate) const HUNDRED_TIMED: &str = "breaker-core, last 100 calls, everything recorded";

type Found = Vec<(About, Arc<dyn Subject>)>;

/// Returns all subjects: first limits and ours next to each other, because most ratios are between them, then the
/// peers.
pub(crate) fn everything<S: Stream>(purpose: Purpose, services: usize) -> Found {
    let mut found = Vec::new();
    match purpose {
        Purpose::Closed => limits::<S>(&mut found, services),
        Purpose::Defaults | Purpose::Waiting => bare::<S>(&mut found, services),
        Purpose::Rejected | Purpose::Probing | Purpose::Cycling => {}
    }
    match purpose {
        Purpose::Defaults => own_defaults::<S>(&mut found, services),
        Purpose::Waiting => own_waiting::<S>(&mut found, services),
        _ => own::<S>(&mut found, purpose, services),
    }
    peers::<S>(&mut found, purpose, services);
    found
}

fn bare<S: Stream>(found: &mut Found, services: usize) {
    found.push((About::new(BARE, BARE, Family::Limit), subject::<S, _>(services, || limits::Bare)));
}

fn limits<S: Stream>(found: &mut Found, services: usize) {
    bare::<S>(found, services);
    let mut add = |name, subject| found.push((About::new(name, name, Family::Limit), subject));
    add("bare call, async", subject::<S, _>(services, || limits::BareFuture));
    add("bare call + one fetch_add", subject::<S, _>(services, limits::FetchAdd::default));
    add(COUNTER_READS, subject::<S, _>(services, limits::TwoCounterReads::new));
    add("bare call + two Instant::now", subject::<S, _>(services, || limits::TwoInstants));
}

fn own<S: Stream>(found: &mut Found, purpose: Purpose, services: usize) {
    let untimed = About::new(UNTIMED, UNTIMED, Family::Ours);
    let timed = About::new(TIMED, TIMED, Family::Ours).timing().over_time();
    found.push((untimed.clone(), subject::<S, _>(services, || ours::Plain::new(ours::untimed(purpose)))));
    found.push((timed.clone(), subject::<S, _>(services, || ours::Plain::new(ours::timed(purpose)))));
    let future = |about: About| About { name: format!("{}, async", about.name), ..about };
    found.push((future(untimed), subject::<S, _>(services, || ours::Future::new(ours::untimed(purpose)))));
    found.push((future(timed), subject::<S, _>(services, || ours::Future::new(ours::timed(purpose)))));
    if purpose == Purpose::Closed {
        let rate = About::new(RATE, RATE, Family::Ours).over_time();
        found.push((rate, subject::<S, _>(services, || ours::Plain::new(ours::rate(purpose)))));
        for (name, times) in [(HUNDRED, false), (HUNDRED_TIMED, true)] {
            let about = About { times, ..About::new(name, name, Family::Ours) };
            found.push((about, subject::<S, _>(services, || ours::Plain::new(ours::last_hundred(purpose, times)))));
        }
    }
}

fn own_defaults<S: Stream>(found: &mut Found, services: usize) {
    let about = About::new(DEFAULTS, DEFAULTS, Family::Ours).timing().over_time();
    let future = About { name: format!("{DEFAULTS}, async"), ..about.clone() };
    found.push((about, subject::<S, _>(services, || ours::Plain::new(Config::default()))));
    found.push((future, subject::<S, _>(services, || ours::Future::new(Config::default()))));
}

/// Next to the same rules with a minimum that is reached.
fn own_waiting<S: Stream>(found: &mut Found, services: usize) {
    for (reached, waiting, times) in [(RATE, WAITING, false), (TIMED, WAITING_TIMED, true)] {
        for (name, purpose) in [(reached, Purpose::Closed), (waiting, Purpose::Waiting)] {
            let about = About { times, ..About::new(name, name, Family::Ours).over_time() };
            let config = if times { ours::timed(purpose) } else { ours::rate(purpose) };
            found.push((about, subject::<S, _>(services, || ours::Plain::new(config.clone()))));
        }
    }
}

fn peers<S: Stream>(found: &mut Found, purpose: Purpose, services: usize) {
    let peer = |label| About::new(label, label, Family::Peer);
    let mut add = Adder { found, purpose, services };
    add.pair::<S, _, _>(&peer("nobreak"), nobreak::plain, nobreak::future);
    add.pair::<S, _, _>(&peer("recloser"), recloser::plain, recloser::future);
    add.pair::<S, _, _>(&peer("failsafe, consecutive"), failsafe::consecutive, failsafe::consecutive_future);
    add.pair::<S, _, _>(&peer("failsafe, success rate").over_time(), failsafe::rate, failsafe::rate_future);
    add.pair::<S, _, _>(&peer("failsafe").over_time(), failsafe::defaults, failsafe::defaults_future);
    add.future::<S, _>(&peer("breaker"), |to| Some(breaker::future(to)));
    add.pair::<S, _, _>(
        &peer("circuitbreaker-rs").timing(),
        |to| Some(circuitbreaker_rs::plain(to)),
        |to| Some(circuitbreaker_rs::future(to)),
    );
    add.future::<S, _>(&peer("seatbelt").over_time(), |to| seatbelt::future::<S>(to, Pace::Precise));
    add.future::<S, _>(&peer("seatbelt, fast clock").over_time().coarse(), |to| seatbelt::future::<S>(to, Pace::Fast));
    add.future::<S, _>(&peer("tower-resilience").timing(), |to| Some(tower_resilience::future(to)));
}

struct Adder<'a> {
    found: &'a mut Found,
    purpose: Purpose,
    services: usize,
}

impl Adder<'_> {
    /// Adds both of a crate's ways to call.
    fn pair<S: Stream, P: Guarded<S>, F: Guarded<S>>(
        &mut self,
        about: &About,
        plain: fn(Purpose) -> Option<P>,
        future: fn(Purpose) -> Option<F>,
    ) {
        self.one(about.clone(), plain);
        self.future(about, future);
    }

    fn future<S: Stream, F: Guarded<S>>(&mut self, about: &About, future: fn(Purpose) -> Option<F>) {
        self.one(About { name: format!("{}, async", about.name), ..about.clone() }, future);
    }

    fn one<S: Stream, B: Guarded<S>>(&mut self, about: About, make: fn(Purpose) -> Option<B>) {
        let purpose = self.purpose;
        if make(purpose).is_some() {
            let make = || make(purpose).expect("it could be had a moment ago");
            self.found.push((about, subject::<S, _>(self.services, make)));
        }
    }
}
