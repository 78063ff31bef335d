//! A small Redis server on a loopback port, with the commands of a cache: `PING`, `GET`, `SET` with `PX`, and `DEL`.

use std::collections::HashMap;
use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use redis::{Parser, Value};

/// The values of the keys.
#[derive(Default)]
struct Entries(Mutex<HashMap<Vec<u8>, Entry>>);

struct Entry {
    value: Vec<u8>,
    /// When it expires, if it does.
    until: Option<Instant>,
}

/// Serves on a free port until the program ends. Returns the address.
pub(crate) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let entries = Arc::new(Entries::default());
    thread::Builder::new().name("redis".to_owned()).spawn(move || {
        for client in listener.incoming().flatten() {
            let entries = Arc::clone(&entries);
            // The parser of the redis crate reads from a blocking stream.
            thread::spawn(move || drop(entries.serve(client)));
        }
    })?;
    Ok(address)
}

impl Entries {
    /// Answers the commands of one client until it disconnects.
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let (mut parser, mut requests) = (Parser::new(), BufReader::new(client.try_clone()?));
        let mut answers = client;
        while let Ok(Value::Array(words)) = parser.parse_value(&mut requests) {
            let words: Vec<_> = words.into_iter().filter_map(bytes).collect();
            answers.write_all(&self.answer(&words))?;
        }
        Ok(())
    }

    fn answer(&self, words: &[Vec<u8>]) -> Vec<u8> {
        let Some((name, arguments)) = words.split_first() else { return error("empty command") };
        match (name.to_ascii_uppercase().as_slice(), arguments) {
            (b"PING", []) => b"+PONG\r\n".to_vec(),
            (b"GET", [key]) => self.get(key).map_or_else(|| b"$-1\r\n".to_vec(), |value| bulk(&value)),
            (b"SET", [key, value]) => self.set(key, value, None),
            (b"SET", [key, value, option, ttl]) if option.eq_ignore_ascii_case(b"PX") => match milliseconds(ttl) {
                Some(ttl) => self.set(key, value, Some(ttl)),
                None => error("value is not an integer or out of range"),
            },
            (b"DEL", [key]) => {
                let is_deleted = self.lock().remove(key).is_some();
                format!(":{}\r\n", u8::from(is_deleted)).into_bytes()
            }
            _ => error(&format!("unknown command or syntax: {}", String::from_utf8_lossy(name))),
        }
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut entries = self.lock();
        let entry = entries.get(key)?;
        if entry.until.is_none_or(|until| Instant::now() < until) {
            return Some(entry.value.clone());
        }
        entries.remove(key);
        None
    }

    fn set(&self, key: &[u8], value: &[u8], ttl: Option<Duration>) -> Vec<u8> {
        let entry = Entry { value: value.to_vec(), until: ttl.map(|ttl| Instant::now() + ttl) };
        self.lock().insert(key.to_vec(), entry);
        b"+OK\r\n".to_vec()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

fn milliseconds(text: &[u8]) -> Option<Duration> {
    let millis: u32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (millis > 0).then(|| Duration::from_millis(millis.into()))
}

fn bulk(value: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat()
}

fn error(message: &str) -> Vec<u8> {
    format!("-ERR {message}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use redis::{Commands as _, SetExpiry, SetOptions};

    #[test]
    fn a_client_finds_what_it_has_set_until_it_expires() {
        let address = super::start().expect("a free port");
        let client = redis::Client::open(format!("redis://{address}/")).expect("a URL");
        let mut connection = client.get_connection().expect("it listens");
        let (key, value) = (b"a key\r\n$0", b"\0\r\n".to_vec());
        assert_eq!(connection.get::<_, Option<Vec<u8>>>(key), Ok(None));
        assert_eq!(connection.set(key, &value), Ok(()));
        assert_eq!(connection.get(key), Ok(Some(value)));
        assert_eq!(connection.del(key), Ok(1));
        assert_eq!(connection.del(key), Ok(0));
        let short = SetOptions::default().with_expiration(SetExpiry::PX(1));
        assert_eq!(connection.set_options(key, "short", short), Ok(()));
        while connection.get::<_, Option<Vec<u8>>>(key).expect("it answers").is_some() {}
        let error = connection.lpush::<_, _, ()>(key, 1).expect_err("no command of a cache");
        assert!(error.to_string().contains("LPUSH"), "{error}");
    }
}
