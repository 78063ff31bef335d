use breaker_core::circuit_breaker;

#[derive(Debug, PartialEq)]
struct Plain;

#[circuit_breaker(service = "degrading", fail_fast = false)]
async fn read(broken: bool) -> Result<Option<u32>, Plain> {
    if broken { Err(Plain) } else { Ok(Some(1)) }
}

#[circuit_breaker(service = "cached", preset = "cache")]
fn get(broken: bool) -> Result<Option<u32>, Plain> {
    if broken { Err(Plain) } else { Ok(Some(1)) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((read(false).await, read(true).await), (Ok(Some(1)), Ok(None)));
    assert_eq!((get(false), get(true)), (Ok(Some(1)), Ok(None)));
}
