//! All scenarios.

use crate::damage::Damage::{self, *};
use crate::scenario::Scenario;
use crate::subjects::Server;
use crate::subjects::Wrapper::{self, Cache, Database, Guarded, GuardedConnector, GuardedStore};

const fn row(server: Server, wrapper: Wrapper, damage: Damage) -> Scenario {
    Scenario { server, wrapper, damage }
}

pub(crate) const SCENARIOS: [Scenario; 56] = [
    row(Server::Postgres, Database, Killed),
    row(Server::Postgres, Database, Stopped),
    row(Server::Postgres, Database, Cut),
    row(Server::Postgres, Database, Refused),
    row(Server::Postgres, Database, Slow),
    row(Server::Postgres, Database, Dribbling),
    row(Server::Postgres, Database, Lost),
    row(Server::Postgres, Database, Crowded),
    row(Server::Postgres, Database, Password),
    row(Server::Postgres, Database, ReadOnly),
    row(Server::Postgres, Database, FullDisk),
    row(Server::Postgres, Database, Network),
    row(Server::MariaDb, Database, Killed),
    row(Server::MariaDb, Database, Stopped),
    row(Server::MariaDb, Database, Cut),
    row(Server::MariaDb, Database, Refused),
    row(Server::MariaDb, Database, Slow),
    row(Server::MariaDb, Database, Dribbling),
    row(Server::MariaDb, Database, Lost),
    row(Server::MariaDb, Database, Crowded),
    row(Server::MariaDb, Database, Password),
    row(Server::MariaDb, Database, ReadOnly),
    row(Server::MariaDb, Database, FullDisk),
    row(Server::MariaDb, Database, Network),
    row(Server::Redis, Guarded, Killed),
    row(Server::Redis, Guarded, Stopped),
    row(Server::Redis, Guarded, Cut),
    row(Server::Redis, Guarded, Refused),
    row(Server::Redis, Guarded, Slow),
    row(Server::Redis, Guarded, Dribbling),
    row(Server::Redis, Guarded, Lost),
    row(Server::Redis, Guarded, Crowded),
    row(Server::Redis, Guarded, Password),
    row(Server::Redis, Guarded, ReadOnly),
    row(Server::Redis, Guarded, FullMemory),
    row(Server::Redis, Guarded, SlowScript),
    row(Server::Redis, Guarded, FullDisk),
    row(Server::Redis, Guarded, Network),
    row(Server::Redis, Cache, Killed),
    row(Server::Redis, Cache, Stopped),
    row(Server::Sentinel, Guarded, ReadOnly),
    row(Server::Sentinel, Guarded, FailedOver),
    row(Server::Cluster, Guarded, Killed),
    row(Server::Cluster, Guarded, Stopped),
    row(Server::Cluster, Guarded, AllKilled),
    row(Server::S3, GuardedStore, Killed),
    row(Server::S3, GuardedStore, Stopped),
    row(Server::S3, GuardedStore, Cut),
    row(Server::S3, GuardedStore, Refused),
    row(Server::S3, GuardedStore, Slow),
    row(Server::S3, GuardedStore, Dribbling),
    row(Server::S3, GuardedStore, Lost),
    row(Server::S3, GuardedStore, Password),
    row(Server::S3, GuardedStore, FullDisk),
    row(Server::S3, GuardedStore, Network),
    row(Server::S3, GuardedConnector, Killed),
];
