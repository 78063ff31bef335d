//! What is done to a server, and how it is repaired.

use std::time::Duration;

use crate::client::DATABASE_TIMEOUT;
use crate::subjects::Subject;
use crate::{disk, network};

/// How a server, or the way to it, is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    Killed,
    Stopped,
    Cut,
    Refused,
    Slow,
    Dribbling,
    Lost,
    Crowded,
    Password,
    ReadOnly,
    FullMemory,
    FailedOver,
    SlowScript,
    AllKilled,
    FullDisk,
    Network,
}

impl Damage {
    /// Returns what is done, and how it is repaired, in a few words.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Killed => ("kill -9", "start"),
            Self::Stopped => ("SIGSTOP", "SIGCONT"),
            Self::Cut => ("answers cut in the middle", "whole answers"),
            Self::Refused => ("reset and refused", "accepted"),
            Self::Slow => ("late answers", "prompt answers"),
            Self::Dribbling => ("dribbling answers", "whole answers"),
            Self::Lost => ("packets lost", "packets pass"),
            Self::Crowded => ("too many connections", "room again"),
            Self::Password => ("wrong password", "right password"),
            Self::ReadOnly => ("read-only after failover", "new master"),
            Self::FullMemory => ("memory full", "more memory"),
            Self::FailedOver => ("kill -9 of the master", "sentinel's failover"),
            Self::SlowScript => ("script that never ends", "SCRIPT KILL"),
            Self::AllKilled => ("kill -9 of all nodes", "start"),
            Self::FullDisk => ("disk full (tmpfs)", "space again"),
            Self::Network => ("network namespace cut off", "link up"),
        }
    }

    /// Whether it needs namespaces of its own: a small file system, or a network that can be cut off.
    pub(crate) fn needs_namespaces(self) -> bool {
        matches!(self, Self::FullDisk | Self::Network)
    }

    /// Whether clients connect to the proxy, and not to the server itself.
    pub(crate) fn is_on_the_way(self) -> bool {
        matches!(self, Self::Cut | Self::Refused | Self::Slow | Self::Dribbling | Self::Lost | Self::ReadOnly)
    }

    /// Damages the server, or the way to it.
    pub(crate) fn inflict(self, subject: &dyn Subject) {
        let proxy = subject.proxy();
        match self {
            Self::Killed => subject.process().kill(),
            Self::Stopped => subject.process().pause(),
            // Less than any answer.
            Self::Cut => proxy.cut_each_after(3),
            Self::Refused => {
                proxy.refuse();
                proxy.reset();
            }
            Self::Slow => proxy.delay(DATABASE_TIMEOUT),
            // The shortest answer has five bytes.
            Self::Dribbling => proxy.dribble(Duration::from_millis(600)),
            Self::Lost => proxy.black_hole(),
            Self::FullDisk => disk::fill(),
            Self::Network => network::cut_off(),
            other => subject.damage(other),
        }
    }

    /// Repairs it, and waits until the server can answer.
    pub(crate) fn repair(self, subject: &dyn Subject) {
        match self {
            Self::Killed => subject.process().start(),
            Self::Stopped => subject.process().resume(),
            Self::Cut | Self::Refused | Self::Slow | Self::Dribbling | Self::Lost => subject.proxy().heal(),
            Self::FullDisk => {
                disk::empty();
                subject.process().revive();
            }
            Self::Network => network::connect(),
            other => subject.repair(other),
        }
    }
}
