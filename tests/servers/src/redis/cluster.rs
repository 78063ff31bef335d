//! A cluster of three masters.

use std::process::Command;

use super::Redis;
use crate::ports::Port;
use crate::programs::{output, program};
use crate::wait::until;

/// A Redis cluster of three masters without replicas.
#[derive(Debug)]
pub struct RedisCluster {
    /// The nodes. Each has a third of the slots, in this order.
    pub nodes: [Redis; 3],
    /// The ports on which the nodes talk to each other.
    _buses: [Port; 3],
}

impl RedisCluster {
    /// Starts the nodes, and waits until each knows that the cluster is complete.
    pub fn start() -> Self {
        let buses = [Port::claim(), Port::claim(), Port::claim()];
        let nodes = [0, 1, 2].map(|node: usize| {
            let bus = buses[node].number().to_string();
            let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus];
            Redis::start_with(&options)
        });
        let cluster = Self { nodes, _buses: buses };
        let mut create = Command::new(program("redis-cli"));
        create.args(["--cluster", "create"]).args(cluster.nodes.iter().map(|node| node.address().to_string()));
        if let Err(error) = output(create.args(["--cluster-replicas", "0", "--cluster-yes"])) {
            panic!("the cluster can't be made: {error}\n{}", cluster.nodes[0].log());
        }
        cluster.wait_until_complete();
        cluster
    }

    /// Waits until each node knows that all slots are served.
    pub fn wait_until_complete(&self) {
        for node in &self.nodes {
            until("the cluster is complete", || {
                let info = node.command(&["CLUSTER", "INFO"])?;
                if info.contains("cluster_state:ok") { Ok(()) } else { Err(info) }
            });
        }
    }

    /// Returns the URLs of the nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }
}
