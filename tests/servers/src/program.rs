//! Any program that listens on a port.

use std::net::TcpStream;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::process::{Plan, Process};

/// A server that is not in this crate, such as a test's own. It is ready when it accepts connections.
#[derive(Debug)]
pub struct Program {
    process: Process,
}

impl Program {
    /// Starts `program` with the arguments that `args` makes of the port and the server's directory. It must listen on
    /// that port of the loopback interface. `name` is for messages.
    pub fn start(name: &'static str, program: &Path, args: impl Fn(u16, &Path) -> Vec<String>) -> Self {
        let process = Process::started(|port, directory| {
            let address = port.address();
            Plan {
                name,
                args: args(port.number(), directory),
                port,
                program: PathBuf::from(program),
                account: None,
                stop: Signal::TERM,
                is_ready: Box::new(move || TcpStream::connect(address).map(drop).map_err(|error| error.to_string())),
            }
        });
        Self { process }
    }
}

impl Deref for Program {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}
