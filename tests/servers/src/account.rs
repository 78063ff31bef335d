//! The account that a server runs under, if it refuses root.

use std::path::PathBuf;
use std::process::Command;

use crate::programs::{output, program};

/// Under which account a server runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account {
    /// That of the test.
    Own,
    /// This user and group, because the test runs as root.
    Other(u32, u32),
    /// That of the test, under another number: in a user namespace, the test is root, and may not change to other users.
    Mapped,
}

/// Any number but root's.
const MAPPED: [&str; 3] = ["--user", "--map-user=1000", "--map-group=1000"];

impl Account {
    /// Returns the account of `user` if the test runs as root.
    pub(crate) fn of(user: &str) -> Self {
        if !rustix::process::getuid().is_root() {
            return Self::Own;
        }
        let id = |option| {
            let id = output(Command::new("id").args([option, user])).and_then(|id| id.parse().map_err(|_| id));
            id.unwrap_or_else(|error| panic!("there is no user `{user}` ({error}): run `cargo xtask test install`"))
        };
        let (user, group) = (id("-u"), id("-g"));
        if is_mapped(user) { Self::Other(user, group) } else { Self::Mapped }
    }

    /// Returns the user and the group, if the program has to change to them.
    pub(crate) fn other(self) -> Option<(u32, u32)> {
        match self {
            Self::Other(user, group) => Some((user, group)),
            Self::Own | Self::Mapped => None,
        }
    }

    /// Returns the program to start for this one, and its first arguments.
    pub(crate) fn command(self, name: &str) -> (PathBuf, Vec<String>) {
        let server = program(name);
        match self {
            Self::Own | Self::Other(..) => (server, Vec::new()),
            Self::Mapped => {
                let first = MAPPED.into_iter().map(str::to_owned).chain([server.display().to_string()]);
                (program("unshare"), first.collect())
            }
        }
    }
}

/// Whether this user exists in the user namespace of the test.
fn is_mapped(user: u32) -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").expect("Linux has it");
    map.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [first, _, count] = numbers[..] else { return false };
        (first..first + count).contains(&u64::from(user))
    })
}
