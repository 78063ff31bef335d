use breaker_core::circuit_breaker;
use ui_tests::Down;

#[derive(Clone, Debug, PartialEq)]
struct Key(u32);

fn spare(#[cfg(target_os = "none")] _: Key, #[cfg(not(target_os = "none"))] key: Key, _: Down) -> Result<u32, Down> {
    Ok(key.0 + 1)
}

async fn spare_later(#[cfg(target_os = "none")] _: Key, name: &str, _: Down) -> Result<usize, Down> {
    Ok(name.len())
}

#[circuit_breaker(service = "s", fallback = spare)]
fn plain(#[cfg(target_os = "none")] off: Key, #[cfg(not(target_os = "none"))] on: Key) -> Result<u32, Down> {
    drop(on);
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = spare_later)]
async fn later(#[cfg(target_os = "none")] mut off: Key, name: &str) -> Result<usize, Down> {
    Err(Down)
}

#[circuit_breaker(service = "s")]
fn without_fallback(a: Key, #[cfg(target_os = "none")] off: Key, b: Key) -> Result<u32, Down> {
    Ok(a.0 + b.0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(plain(Key(1)), Ok(2));
    assert_eq!(later("abc").await, Ok(3));
    assert_eq!(without_fallback(Key(1), Key(2)), Ok(3));
}
