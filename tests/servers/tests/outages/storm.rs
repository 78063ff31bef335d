//! All servers are damaged at once, again and again, while 200 tasks call through all wrappers.

mod damages;
mod plan;
mod tasks;

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use breaker_core::State;
use servers::{LIMIT, until};
use tokio::runtime::Handle;

use crate::callers::Called;
use crate::damage::Damage;
use crate::resources::{self, Resources};
use crate::scenarios::runtime;
use crate::subjects::{Server, Subject, Wrapper};
use crate::workers::Workers;
use plan::Plan;
use tasks::Tasks;

/// Servers, and the clients that call them.
struct Storm {
    subjects: Vec<(Server, Box<dyn Subject>)>,
    clients: Arc<Vec<Called>>,
}

pub(crate) fn run() {
    resources::use_one_arena();
    let plan = Plan::read();
    println!("storm: {} s, seed {} (OUTAGES_SEED={})", plan.length.as_secs(), plan.seed, plan.seed);
    let runtime = runtime();
    let storm = Storm::start(runtime.handle());
    let workers = Workers::start(&storm.subjects, plan.seed);
    let mut first: Option<Resources> = None;
    let start = Instant::now();
    for (number, length) in plan.rounds().into_iter().enumerate() {
        let tasks = Tasks::start(runtime.handle(), &storm.clients, plan.seed + number as u64);
        let damages = damages::inflict(&storm.subjects, plan.seed ^ number as u64, length);
        storm.wait_until_closed();
        let wrong = tasks.stop(runtime.handle());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        storm.compare();
        let now = workers.between_lives(|| storm.settled(first.as_ref()));
        let calls: u64 = storm.clients.iter().map(|called| called.tally.counts().started).sum();
        println!(
            "  after {:>4} s: {damages} damages since the last line, {calls} calls in all; {now}",
            start.elapsed().as_secs()
        );
        first.get_or_insert(now);
    }
    workers.stop();
    storm.print();
}

impl Storm {
    fn start(handle: &Handle) -> Self {
        let subjects: Vec<_> = thread::scope(|scope| {
            let threads = Server::ALL.map(|server| (server, scope.spawn(move || server.start())));
            threads.map(|(server, thread)| (server, thread.join().expect("the server starts"))).into()
        });
        let _inside = handle.enter();
        let clients = subjects.iter().flat_map(|(server, subject)| clients(*server, &**subject)).collect();
        Self { subjects, clients: Arc::new(clients) }
    }

    /// Waits until all circuits have closed again, by the calls alone.
    fn wait_until_closed(&self) {
        until("all circuits close again", || {
            let open = self.clients.iter().find(|called| called.client.breaker.state() != State::Closed);
            open.map_or(Ok(()), |open| Err(format!("that of {} hasn't", open.client.breaker.service())))
        });
    }

    /// Compares what callers and breakers have counted. No call is in flight.
    fn compare(&self) {
        for called in self.clients.iter() {
            let (counts, metrics) = (called.tally.counts(), called.client.breaker.metrics());
            let mut wrong = counts.compared(&metrics);
            if metrics.rejections > 0 {
                wrong.extend(counts.answered_at_once(metrics.rejections));
            }
            assert!(wrong.is_empty(), "{} of {}: {}", called.client.name, metrics.service, wrong.join("; "));
        }
    }

    /// Returns what is used when connections to the proxies have ended. Waits until it is no more than at first: what is
    /// closed takes a while to be gone.
    fn settled(&self, first: Option<&Resources>) -> Resources {
        self.subjects.iter().for_each(|(_, subject)| subject.proxy().cut());
        let Some(first) = first else { return Resources::now() };
        until(&format!("memory, files and sockets are flat, within {LIMIT:?}"), || {
            let now = Resources::now();
            now.grown_since(first).map(|()| now)
        })
    }

    fn print(&self) {
        for called in self.clients.iter() {
            let (m, counts) = (called.client.breaker.metrics(), called.tally.counts());
            println!(
                "  {:<16} {:<9} {} calls: {} successes, {} failures ({} timeouts), {} abandoned, {} rejections; opened {} \
                 times; longest call {:.2} s; fallback after {} µs \
                 (median); {}",
                called.client.name,
                m.service,
                m.requests,
                m.successes,
                m.failures,
                m.timeouts,
                m.abandoned,
                m.rejections,
                m.transitions.closed_to_open,
                counts.longest.as_secs_f64(),
                counts.median().as_micros(),
                counts.seen(),
            );
        }
    }
}

/// The clients of a server, one for each wrapper. Where there is a choice, they call through the proxy.
fn clients(server: Server, subject: &dyn Subject) -> Vec<Called> {
    let wrappers: &[Wrapper] = match server {
        Server::Postgres | Server::MariaDb => &[Wrapper::Database],
        Server::Redis => &[Wrapper::Guarded, Wrapper::Cache],
        Server::Sentinel | Server::Cluster => &[Wrapper::Guarded],
        Server::S3 => &[Wrapper::GuardedStore, Wrapper::GuardedConnector],
    };
    let client = |wrapper: &Wrapper| subject.client(*wrapper, Damage::Killed, subject.proxy().address());
    wrappers.iter().map(|wrapper| Called::new(client(wrapper))).collect()
}
