//! A master, a replica, and a sentinel.

use std::net::SocketAddr;
use std::sync::Arc;

use breaker_core::Preset;
use breaker_redis::{Connection, Guarded};
use redis::sentinel::{SentinelClient, SentinelServerType};
use servers::{Process, Proxy, Redis, RedisSentinel, until};
use tokio::sync::Mutex;

use super::Wrapper;
use super::redis::{limits, writes};
use crate::client::{Client, breaker};
use crate::damage::Damage;

pub(crate) struct Subject {
    pair: RedisSentinel,
    /// Stands for a name that leads to the first master.
    proxy: Proxy,
}

impl Subject {
    pub(crate) fn start() -> Self {
        let pair = RedisSentinel::start();
        let proxy = Proxy::start(pair.first.address());
        Self { pair, proxy }
    }

    /// The present master, and the other one.
    fn roles(&self) -> [&Redis; 2] {
        let (first, second) = (&self.pair.first, &self.pair.second);
        let master = self.pair.master_port().expect("the sentinel answers");
        if master == first.port() { [first, second] } else { [second, first] }
    }

    /// A connection to the master that the sentinel knows.
    fn found(&self) -> Connection {
        let name = RedisSentinel::MASTER.to_owned();
        let sentinels = SentinelClient::build(vec![self.pair.url()], name, None, SentinelServerType::Master);
        let sentinels = Arc::new(Mutex::new(sentinels.expect("it is valid")));
        let find = move || {
            let sentinels = Arc::clone(&sentinels);
            async move { sentinels.lock().await.async_get_client().await }
        };
        Connection::found_by_with_config(find, limits())
    }
}

impl super::Subject for Subject {
    fn process(&self) -> &Process {
        self.roles()[0]
    }

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    fn client(&self, _: Wrapper, damage: Damage, address: SocketAddr) -> Client {
        let breaker = breaker("cache", Preset::Cache);
        let connection = if damage == Damage::ReadOnly {
            let client = redis::Client::open(format!("redis://{address}/")).expect("it is a URL");
            self.proxy.retarget(self.roles()[0].address());
            Connection::with_config(client, limits()).expect("the configuration is valid")
        } else {
            self.found()
        };
        writes(breaker.clone(), Guarded::with(breaker, connection))
    }

    fn damage(&self, damage: Damage) {
        match damage {
            Damage::FailedOver => self.roles()[0].kill(),
            Damage::ReadOnly => self.pair.fail_over(),
            other => unreachable!("{other:?} is not in the table"),
        }
    }

    fn repair(&self, damage: Damage) {
        match damage {
            // The sentinel does it.
            Damage::FailedOver => {}
            Damage::ReadOnly => self.proxy.retarget(self.roles()[0].address()),
            other => unreachable!("{other:?} is not in the table"),
        }
    }

    /// Both servers run, and are in sync.
    fn reset(&self) {
        for server in [&self.pair.first, &self.pair.second] {
            if !server.is_running() {
                server.start();
            }
        }
        until("the replica is in sync", || {
            let [master, replica] = self.roles();
            let info = replica.command(&["INFO", "replication"])?;
            let is_up = info.contains("role:slave") && info.contains("master_link_status:up");
            if is_up { master.command(&["PING"]).map(drop) } else { Err(info) }
        });
    }
}
