//! The service: HTTP on the loopback, on its own thread. Its behaviour is set for each round.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

/// What an answer that fails takes: a service that fails is seldom fast.
const FAILING_TAKES: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Answers at once.
    Normal,
    /// This share of the answers is a 500, after 20 ms.
    Failing { percent: u64 },
    /// Accepts connections and requests, and answers nothing.
    BlackHoled,
    /// Answers nothing during the first half of the round, and then everything.
    Recovering,
}

pub(crate) struct Service {
    address: SocketAddr,
    orders: Arc<Mutex<Orders>>,
}

struct Orders {
    behaviour: Behaviour,
    /// When a recovering service answers again.
    recovers_at: Instant,
    requests: u64,
}

impl Service {
    pub(crate) fn start() -> io::Result<Self> {
        let orders = Orders { behaviour: Behaviour::Normal, recovers_at: Instant::now(), requests: 0 };
        let orders = Arc::new(Mutex::new(orders));
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let routes = Router::new().route("/", get(answer)).with_state(Arc::clone(&orders));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, routes).await
            })
        });
        Ok(Self { address, orders })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets how the service behaves from now on, in a round of this length.
    pub(crate) fn behave(&self, behaviour: Behaviour, round: Duration) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        *orders = Orders { behaviour, recovers_at: Instant::now() + round / 2, requests: 0 };
    }
}

/// The percent of requests that fail are spread evenly.
async fn answer(State(orders): State<Arc<Mutex<Orders>>>) -> Result<&'static str, StatusCode> {
    let (behaviour, is_recovered, number) = {
        let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.requests += 1;
        (orders.behaviour, Instant::now() >= orders.recovers_at, orders.requests)
    };
    match behaviour {
        Behaviour::Failing { percent } if number * percent / 100 > (number - 1) * percent / 100 => {
            tokio::time::sleep(FAILING_TAKES).await;
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Behaviour::Normal | Behaviour::Failing { .. } => Ok("value"),
        Behaviour::Recovering if is_recovered => Ok("value"),
        Behaviour::BlackHoled | Behaviour::Recovering => pending().await,
    }
}
