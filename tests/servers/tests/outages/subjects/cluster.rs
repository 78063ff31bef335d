//! A cluster of three masters.

use std::net::SocketAddr;

use breaker_core::Preset;
use breaker_redis::Guarded;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use servers::{Process, Proxy, RedisCluster};

use super::Wrapper;
use super::redis::seen;
use crate::client::{Client, REQUEST_TIMEOUT, breaker};
use crate::damage::Damage;

/// A key of the last node.
const KEY: &str = "foo";

pub(crate) struct Subject {
    cluster: RedisCluster,
    /// Leads nowhere: nodes tell clients their own addresses.
    proxy: Proxy,
}

impl Subject {
    pub(crate) fn start() -> Self {
        let cluster = RedisCluster::start();
        let proxy = Proxy::start(cluster.nodes[0].address());
        Self { cluster, proxy }
    }

    fn connection(&self) -> ClusterConnection {
        let builder = ClusterClientBuilder::new(self.cluster.urls()).retries(0);
        // The breaker limits the time for answers.
        let builder = builder.connection_timeout(REQUEST_TIMEOUT).response_timeout(servers::LIMIT);
        let client = builder.build().expect("it is valid");
        let connect = client.get_async_connection();
        tokio::runtime::Handle::current().block_on(connect).expect("the cluster answers")
    }
}

impl super::Subject for Subject {
    fn process(&self) -> &Process {
        &self.cluster.nodes[2]
    }

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    fn client(&self, _: Wrapper, _: Damage, _: SocketAddr) -> Client {
        let breaker = breaker("cache", Preset::Cache);
        let connection = Guarded::with(breaker.clone(), self.connection());
        Client::new("Guarded", breaker, move || {
            let mut connection = connection.clone();
            async move { seen(redis::cmd("SET").arg(KEY).arg(1).exec_async(&mut connection).await) }
        })
    }

    fn damage(&self, damage: Damage) {
        assert_eq!(damage, Damage::AllKilled, "the only one in the table");
        self.cluster.nodes.iter().for_each(|node| node.kill());
    }

    fn repair(&self, damage: Damage) {
        assert_eq!(damage, Damage::AllKilled, "the only one in the table");
        self.cluster.nodes.iter().for_each(|node| node.start());
    }

    fn reset(&self) {
        self.cluster.wait_until_complete();
    }
}
