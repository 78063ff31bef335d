use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use servers::{Proxy, until};

/// Sends back what it gets. It ends with the test's process.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

fn connected(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).expect("the proxy listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("it is a socket");
    stream
}

fn ask(mut stream: &TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(text)?;
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn answers(stream: &TcpStream) -> bool {
    ask(stream, b"hello").is_ok_and(|answer| answer == b"hello")
}

#[test]
fn delays() {
    let proxy = Proxy::start(echo());
    let stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.delay(Duration::from_millis(60));
    let start = Instant::now();
    assert!(answers(&stream));
    // There and back.
    assert!(start.elapsed() >= Duration::from_millis(120), "{:?}", start.elapsed());
    proxy.heal();
    assert!(answers(&stream) && answers(&connected(&proxy)));
    assert_eq!(proxy.accepted(), 2);
}

#[test]
fn loses_data() {
    let proxy = Proxy::start(echo());
    let stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.black_hole();
    let late = connected(&proxy);
    for stream in [&stream, &late] {
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("it is a socket");
        let error = ask(stream, b"hello").expect_err("it is lost");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("it is a socket");
    }
    proxy.heal();
    assert!(answers(&stream) && answers(&late));
}

#[test]
fn cuts_in_the_middle_of_an_answer() {
    let proxy = Proxy::start(echo());
    let mut stream = connected(&proxy);
    proxy.cut_after(8);
    assert!(answers(&stream));
    stream.write_all(b"hello").expect("the connection is open");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("it is closed");
    assert_eq!(rest, b"hel");
    assert!(answers(&connected(&proxy)));
}

#[test]
fn cuts_and_resets_all_connections() {
    let proxy = Proxy::start(echo());
    let mut stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.cut();
    assert_eq!(stream.read(&mut [0]).expect("it is closed"), 0);

    let mut stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.reset();
    assert_eq!(stream.read(&mut [0]).expect_err("it is reset").kind(), ErrorKind::ConnectionReset);
    assert_eq!(proxy.open(), 0);
    assert!(answers(&connected(&proxy)));
}

#[test]
fn refuses_new_connections() {
    let proxy = Proxy::start(echo());
    let stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.refuse();
    let error = TcpStream::connect(proxy.address()).expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(answers(&stream));
    proxy.heal();
    assert!(answers(&connected(&proxy)));
}

#[test]
fn ends_with_its_connections() {
    let proxy = Proxy::start(echo());
    let mut stream = connected(&proxy);
    assert!(answers(&stream));
    let address = proxy.address();
    drop(proxy);
    assert_eq!(stream.read(&mut [0]).expect("it is closed"), 0);
    TcpStream::connect(address).expect_err("nobody listens");
}

#[test]
fn closes_connections_to_a_server_that_is_not_there() {
    let nobody = servers::Port::claim();
    let proxy = Proxy::start(nobody.address());
    assert_eq!(connected(&proxy).read(&mut [0]).expect("it is closed"), 0);
    until("no connection is left", || if proxy.open() == 0 { Ok(()) } else { Err(proxy.open().to_string()) });
}

#[test]
fn changes_its_target_for_new_connections() {
    let nobody = servers::Port::claim();
    let proxy = Proxy::start(echo());
    let stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.retarget(nobody.address());
    assert_eq!(connected(&proxy).read(&mut [0]).expect("it is closed"), 0);
    assert!(answers(&stream));
}

#[test]
fn passes_answers_on_byte_by_byte() {
    let proxy = Proxy::start(echo());
    let stream = connected(&proxy);
    proxy.dribble(Duration::from_millis(30));
    let start = Instant::now();
    assert!(answers(&stream));
    // Four pauses between five bytes.
    assert!(start.elapsed() >= Duration::from_millis(120), "{:?}", start.elapsed());
    proxy.heal();
    assert!(answers(&stream));
}

#[test]
fn closes_each_connection_in_the_middle_of_an_answer() {
    let proxy = Proxy::start(echo());
    let before = connected(&proxy);
    assert!(answers(&before));
    proxy.cut_each_after(7);
    for stream in [&before, &connected(&proxy)] {
        assert!(answers(stream));
        let mut left = Vec::new();
        let mut stream = stream;
        stream.write_all(b"hello").expect("it is open");
        // A reset may follow, because the rest was not read.
        let _ = stream.read_to_end(&mut left);
        assert_eq!(left, b"he");
    }
    proxy.heal();
    assert!(answers(&connected(&proxy)));
}

#[test]
fn counts_what_is_lost() {
    let proxy = Proxy::start(echo());
    let mut stream = connected(&proxy);
    assert!(answers(&stream));
    proxy.black_hole();
    stream.write_all(b"hello").expect("it is open");
    until("it is lost", || match proxy.lost() {
        5 => Ok(()),
        other => Err(other.to_string()),
    });
}

/// A client that connects again at once leaves no moment without a connection.
#[test]
fn a_cut_waits_for_no_connection_that_comes_after_it() {
    let (proxy, is_over) = (Proxy::start(echo()), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut last = None;
            while !is_over.load(Relaxed) {
                let next = connected(&proxy);
                // The one before is closed only now.
                drop(last.replace(next));
            }
        });
        until("a connection is open", || if proxy.open() > 0 { Ok(()) } else { Err(String::new()) });
        (0..20).for_each(|_| proxy.cut());
        is_over.store(true, Relaxed);
    });
}
