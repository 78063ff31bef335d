//! A network that can be cut off: callers are in a network namespace of their own, behind a pair of virtual devices.

use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The device at the servers' end, and its address.
const DEVICE: &str = "servers0";
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);
/// The device at the callers' end, and its address.
const CALLERS: (&str, Ipv4Addr) = ("callers0", Ipv4Addr::new(10, 99, 0, 2));

/// The namespace of the callers. It ends with this value, or with the process.
pub(crate) struct Callers {
    /// Waits for the end of its input.
    holder: Child,
}

impl Callers {
    /// Makes the namespace and both devices. Only inside of a namespace of its own.
    pub(crate) fn start() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", "echo; read -r _"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("`unshare` is installed");
        let mut line = [0];
        let mut output = holder.stdout.take().expect("it is piped");
        std::io::Read::read_exact(&mut output, &mut line).expect("the namespace can be made");
        let process = holder.id().to_string();
        let inside = ["nsenter", "--net", "--target", &process];
        let (device, address) = CALLERS;
        run(&["ip", "link", "add", DEVICE, "type", "veth", "peer", "name", device, "netns", &process]);
        run(&["ip", "address", "add", &format!("{ADDRESS}/24"), "dev", DEVICE]);
        run(&[&inside[..], &["ip", "address", "add", &format!("{address}/24"), "dev", device]].concat());
        run(&[&inside[..], &["ip", "link", "set", device, "up"]].concat());
        connect();
        Self { holder }
    }

    /// Moves the calling thread into the namespace.
    pub(crate) fn enter(process: u32) {
        let namespace = File::open(format!("/proc/{process}/ns/net")).expect("the namespace exists");
        let network = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(std::os::fd::AsFd::as_fd(&namespace), network).expect("the thread can be moved");
    }

    /// Returns the process that keeps the namespace.
    pub(crate) fn process(&self) -> u32 {
        self.holder.id()
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Takes the servers' device down: packets in both directions are lost.
pub(crate) fn cut_off() {
    run(&["ip", "link", "set", DEVICE, "down"]);
}

/// Takes it up.
pub(crate) fn connect() {
    run(&["ip", "link", "set", DEVICE, "up"]);
}

fn run(words: &[&str]) {
    let program = if words[0] == "ip" { ip() } else { words[0] };
    let output = Command::new(program).args(&words[1..]).output();
    let output =
        output.unwrap_or_else(|error| panic!("`{program}` doesn't start ({error}): run `cargo xtask test install`"));
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Debian installs it where not every user's `PATH` leads.
fn ip() -> &'static str {
    let places = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"];
    places.into_iter().find(|place| fs::exists(place).unwrap_or_default()).unwrap_or("ip")
}
