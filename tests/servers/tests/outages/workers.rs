//! Processes that call the servers through all wrappers, and are killed and started again all the time. Each checks its own
//! accounting as long as it lives.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use crate::callers::Called;
use crate::damage::Damage;
use crate::random::Random;
use crate::scenarios::runtime;
use crate::subjects::{Server, Subject, Wrapper, mariadb, objects, postgres, redis};

const PROCESSES: u64 = 2;
/// The addresses of the proxies in front of these servers, in this order.
const ADDRESSES: &str = "OUTAGES_ADDRESSES";
const SERVERS: [Server; 4] = [Server::Postgres, Server::MariaDb, Server::Redis, Server::S3];
/// A worker prints a line with this word after each batch whose accounting is exact.
const EXACT: &str = "exact";
/// How many tasks call in a batch, and how often each.
const TASKS: u64 = 24;
const CALLS: u64 = 8;

/// The processes, and the threads that kill them.
pub(crate) struct Workers {
    stop: Arc<AtomicBool>,
    /// Held for reading as long as a process lives.
    gate: Arc<RwLock<()>>,
    threads: Vec<JoinHandle<(usize, usize)>>,
}

impl Workers {
    pub(crate) fn start(subjects: &[(Server, Box<dyn Subject>)], seed: u64) -> Self {
        let of = |server| subjects.iter().find(|(found, _)| *found == server).expect("all servers run");
        let addresses = SERVERS.map(|server| of(server).1.proxy().address().to_string()).join(" ");
        let (stop, gate) = (Arc::new(AtomicBool::new(false)), Arc::new(RwLock::new(())));
        let supervise = |number: u64| {
            let (stop, gate, addresses) = (Arc::clone(&stop), Arc::clone(&gate), addresses.clone());
            let mut random = Random::new(seed, 2_000 + number);
            thread::spawn(move || {
                let (mut lives, mut batches) = (0, 0);
                while !stop.load(Relaxed) {
                    let _open = gate.read().unwrap_or_else(PoisonError::into_inner);
                    batches += live(&addresses, 1 + random.next() % 8);
                    lives += 1;
                }
                (lives, batches)
            })
        };
        let threads = (0..PROCESSES).map(supervise).collect();
        Self { stop, gate, threads }
    }

    /// Waits until all processes have ended, and does this before others start.
    pub(crate) fn between_lives<T>(&self, work: impl FnOnce() -> T) -> T {
        let _closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        work()
    }

    /// Ends all, and prints how often they lived.
    pub(crate) fn stop(self) {
        self.stop.store(true, Relaxed);
        for (number, thread) in self.threads.into_iter().enumerate() {
            let (lives, batches) = thread.join().expect("each batch was exact");
            let calls = batches as u64 * TASKS * CALLS;
            println!("  worker {}: killed {lives} times, {calls} calls, all accounted for", number + 1);
        }
    }
}

/// Starts a worker, kills it after so many batches, and returns how many there were.
fn live(addresses: &str, batches: u64) -> usize {
    let program = std::env::current_exe().expect("this is a program");
    let mut command = Command::new(program);
    command.args(["--exact", "works_until_killed", "--ignored", "--nocapture"]).env(ADDRESSES, addresses);
    let mut worker = command.stdout(Stdio::piped()).spawn().expect("this program starts");
    let mut lines = BufReader::new(worker.stdout.take().expect("it is piped")).lines();
    let mut seen = 0;
    let mut log = Vec::new();
    while seen < batches {
        // The rest of libtest's line may stand before it.
        match lines.next().transpose().expect("it can be read") {
            Some(line) if line.ends_with(EXACT) => seen += 1,
            Some(line) => log.push(line),
            None => panic!("a worker ended ({}):\n{}", ended(worker), log.join("\n")),
        }
    }
    worker.kill().expect("it runs");
    let _ = worker.wait();
    usize::try_from(seen).expect("it is small")
}

fn ended(mut worker: Child) -> String {
    worker.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// Calls until the process is killed.
pub(crate) fn work_until_killed() {
    let addresses = std::env::var(ADDRESSES).expect("the test sets it");
    let addresses: Vec<SocketAddr> = addresses.split(' ').map(|text| text.parse().expect("an address")).collect();
    let runtime = runtime();
    let clients = {
        let _inside = runtime.enter();
        Arc::new(clients(&addresses))
    };
    for seed in 0.. {
        let batch = (0..TASKS).map(|task| {
            let (clients, mut random) = (Arc::clone(&clients), Random::new(seed, task));
            runtime.spawn(async move {
                for _ in 0..CALLS {
                    let number = random.next();
                    random.one_of(&clients).call(number).await.expect("it doesn't hang");
                }
            })
        });
        let batch: Vec<_> = batch.collect();
        for task in batch {
            runtime.block_on(task).expect("no task panics");
        }
        for called in clients.iter() {
            let wrong = called.tally.counts().compared(&called.client.breaker.metrics());
            assert!(wrong.is_empty(), "{}: {}", called.client.name, wrong.join("; "));
        }
        println!("\n{EXACT}");
    }
}

fn clients(addresses: &[SocketAddr]) -> Vec<Called> {
    let [postgres, mariadb, redis, objects] = *addresses else { panic!("four addresses: {addresses:?}") };
    let url = format!("redis://{redis}/");
    let clients = [
        postgres::caller(postgres, Damage::Killed),
        mariadb::caller(mariadb, Damage::Killed),
        redis::caller(Wrapper::Guarded, &url),
        redis::caller(Wrapper::Cache, &url),
        objects::caller(Wrapper::GuardedStore, Damage::Killed, objects),
        objects::caller(Wrapper::GuardedConnector, Damage::Killed, objects),
    ];
    clients.into_iter().map(Called::new).collect()
}
