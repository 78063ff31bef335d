//! Ports of the loopback interface, each claimed by one process at a time.

use std::fs::{self, File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// Below the ports that systems give to outgoing connections (from 32,768), so that no client gets one of them by
/// chance. Also the ports from which a Redis cluster could add 10,000.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A port that no other test has, as long as this value lives. Nobody listens on it yet.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// Locked. The system unlocks it when the process ends.
    _claim: File,
}

impl Port {
    /// Claims a free port.
    ///
    /// # Panics
    /// If all are taken, or the claims can't be written.
    pub fn claim() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Processes start at different places, so that they seldom try the same port.
        let start = u16::try_from(std::process::id().wrapping_mul(37) % u32::from(COUNT)).unwrap_or_default();
        let claims = claims();
        for _ in 0..COUNT {
            let number = FIRST + (start.wrapping_add(NEXT.fetch_add(1, Relaxed))) % COUNT;
            let file = File::create(claims.join(number.to_string())).expect("a claim can be created");
            match file.try_lock() {
                Ok(()) if is_free(number) => return Self { number, _claim: file },
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => panic!("a claim can't be locked: {error}"),
            }
        }
        panic!("all ports from {FIRST} to {} are taken", FIRST + COUNT - 1)
    }

    /// Returns the number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Returns the address on the loopback interface.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

fn is_free(number: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
}

/// The directory of the claims: one for each user, because a user can't open the files of another one.
fn claims() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let directory = std::env::temp_dir().join(format!("claimed-test-ports-{user}"));
    fs::create_dir_all(&directory).expect("the directory of the claims can be made");
    directory
}
