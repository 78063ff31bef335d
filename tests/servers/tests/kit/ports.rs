use std::collections::BTreeSet;
use std::net::TcpListener;

use servers::Port;

#[test]
fn a_port_is_claimed_once() {
    let ports: Vec<Port> = (0..50).map(|_| Port::claim()).collect();
    let numbers: BTreeSet<u16> = ports.iter().map(Port::number).collect();
    assert_eq!(numbers.len(), 50);
    // Nobody listens yet, so that the server can.
    for port in &ports {
        TcpListener::bind(port.address()).expect("it is free");
    }
}

#[test]
fn a_port_on_which_somebody_listens_is_not_claimed() {
    // The next ones in the order of the claims.
    let next = Port::claim().number() + 1;
    let taken: Vec<TcpListener> =
        (next..next + 5).filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).collect();
    assert!(!taken.is_empty());
    let taken: BTreeSet<u16> = taken.iter().map(|taken| taken.local_addr().expect("it is bound").port()).collect();
    let claimed: Vec<Port> = (0..20).map(|_| Port::claim()).collect();
    assert!(claimed.iter().all(|port| !taken.contains(&port.number())), "{taken:?} {claimed:?}");
}
