use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = |error: Down| { let _ = error; Ok(format!("{name}!")) })]
async fn named_in_a_format_string(name: String) -> Result<String, Down> {
    drop(name);
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = async |_| Ok(id + 1))]
async fn async_closure(id: u32) -> Result<u32, Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = |_| async move { Ok(id + 2) })]
async fn gives_a_future(id: u32) -> Result<u32, Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = (|_| Ok(id + 3)))]
fn plain(id: u32) -> Result<u32, Down> {
    Err(Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(named_in_a_format_string("a".into()).await.as_deref(), Ok("a!"));
    assert_eq!(async_closure(1).await, Ok(2));
    assert_eq!(gives_a_future(1).await, Ok(3));
    assert_eq!(plain(1), Ok(4));
}
