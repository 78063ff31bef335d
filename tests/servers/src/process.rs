//! A server's process: started, killed, stopped and continued.

use std::fmt;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};

use crate::directory::Directory;
use crate::ports::Port;
use crate::tree;
use crate::wait::until;

/// How many ports are tried, if other programs are faster.
const ATTEMPTS: usize = 10;

/// A server's processes and directory. All servers of this crate dereference to it.
#[derive(Debug)]
pub struct Process {
    plan: Plan,
    child: Mutex<Option<Child>>,
    /// Dropped last: it kills what is left.
    directory: Directory,
}

/// How a server is started.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) port: Port,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// The user and the group, if it is not that of the test.
    pub(crate) account: Option<(u32, u32)>,
    /// The signal after which the server ends orderly, without waiting for its clients.
    pub(crate) stop: Signal,
    /// Asks the server whether it is ready.
    pub(crate) is_ready: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.name).field("args", &self.args).finish_non_exhaustive()
    }
}

impl Process {
    /// Starts a server on a port for which `prepare` makes the plan, and waits until it is ready.
    ///
    /// # Panics
    /// If it ends before it is ready, or doesn't get ready.
    pub(crate) fn started(prepare: impl Fn(Port, &Path) -> Plan) -> Self {
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            let directory = Directory::new();
            let plan = prepare(Port::claim(), directory.path());
            let process = Self { plan, child: Mutex::new(None), directory };
            let Err(status) = process.begin() else { return process };
            log = process.log();
            // A program that claims no ports was faster.
            assert!(log.contains("already in use"), "{} ended ({status}):\n{log}", process.plan.name);
        }
        panic!("none of {ATTEMPTS} ports could be used:\n{log}")
    }

    /// Returns the address on the loopback interface. It stays the same when the server is started again.
    pub fn address(&self) -> SocketAddr {
        self.plan.port.address()
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.plan.port.number()
    }

    /// Returns the server's directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the last lines of the server's log.
    pub fn log(&self) -> String {
        let text = std::fs::read(self.directory().join("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Whether the server has been started, and hasn't ended.
    pub fn is_running(&self) -> bool {
        self.ended().is_none()
    }

    /// Returns all processes of the server.
    pub fn processes(&self) -> Vec<u32> {
        tree::processes(self.directory()).into_iter().map(|pid| pid.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// Kills all processes of the server at once, as `kill -9` does.
    pub fn kill(&self) {
        tree::kill(self.directory());
        self.reap();
    }

    /// Stops all processes of the server (SIGSTOP): connections stay open, and nothing answers.
    ///
    /// # Panics
    /// If one of their threads doesn't stop.
    pub fn pause(&self) {
        tree::stop(self.directory());
    }

    /// Continues all processes of the server (SIGCONT).
    pub fn resume(&self) {
        tree::signal(self.directory(), Signal::CONT);
    }

    /// Limits what the server's first process may have, from now on: `None` takes the limit away.
    ///
    /// # Panics
    /// If it doesn't run.
    pub fn limit(&self, resource: Resource, limit: Option<u64>) {
        let maximum = getrlimit(resource).maximum;
        let limit = Rlimit { current: limit.or(maximum), maximum };
        let process = self.first().expect("it runs");
        prlimit(Some(process), resource, limit).expect("the limit can be set");
    }

    /// The process that was started.
    fn first(&self) -> Option<Pid> {
        self.child().as_ref().and_then(|child| i32::try_from(child.id()).ok()).and_then(Pid::from_raw)
    }

    /// Ends the server orderly. It doesn't wait for its clients.
    ///
    /// # Panics
    /// If it doesn't end.
    pub fn stop(&self) {
        if let Some(process) = self.first() {
            // It may have ended already.
            let _ = kill_process(process, self.plan.stop);
        }
        let name = self.plan.name;
        until(&format!("{name} stops"), || {
            if self.is_running() { Err(format!("it still runs; its log:\n{}", self.log())) } else { Ok(()) }
        });
        self.kill();
    }

    /// Starts the server again, on the same port and with the same data, and waits until it is ready.
    ///
    /// # Panics
    /// If it runs, if it ends before it is ready, or if it doesn't get ready.
    pub fn start(&self) {
        assert!(!self.is_running(), "{} runs", self.plan.name);
        if let Err(status) = self.begin() {
            panic!("{} ended ({status}):\n{}", self.plan.name, self.log());
        }
    }

    /// Waits until the server answers. If it has ended by itself, or does so meanwhile, it is started again, as a service
    /// manager does: a database ends if it can't write its log while it recovers from a full disk.
    ///
    /// # Panics
    /// If it doesn't get ready.
    pub fn revive(&self) {
        let name = self.plan.name;
        let has_ended = until(&format!("{name} answers or ends"), || {
            if self.ended().is_some() {
                return Ok(true);
            }
            (self.plan.is_ready)().map(|()| false).map_err(|why| format!("{why}; its log:\n{}", self.log()))
        });
        if has_ended {
            self.kill();
            self.start();
        }
    }

    /// Stops the server, and starts it again.
    pub fn restart(&self) {
        self.stop();
        self.start();
    }

    fn begin(&self) -> Result<(), ExitStatus> {
        *self.child() = Some(self.spawn());
        let name = self.plan.name;
        until(&format!("{name} is ready"), || {
            if let Some(status) = self.ended() {
                return Ok(Err(status));
            }
            (self.plan.is_ready)().map(Ok).map_err(|why| format!("{why}; its log:\n{}", self.log()))
        })
    }

    fn spawn(&self) -> Child {
        let plan = &self.plan;
        let log = self.directory().join("log");
        let log = File::options().create(true).append(true).open(log).expect("the log can be written");
        let mut command = Command::new(&plan.program);
        if let Some((user, group)) = plan.account {
            command.uid(user).gid(group);
        }
        command
            .args(&plan.args)
            .current_dir(self.directory())
            // The terminal's and the test runner's signals are for the test.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log has one file"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} doesn't start: {error}", plan.program.display()))
    }

    /// Returns the exit status if no process runs.
    fn ended(&self) -> Option<ExitStatus> {
        match self.child().as_mut() {
            Some(child) => child.try_wait().expect("the process can be asked"),
            None => Some(ExitStatus::default()),
        }
    }

    fn reap(&self) {
        if let Some(mut child) = self.child().take() {
            // It was killed, or has ended.
            let _ = child.wait();
        }
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
