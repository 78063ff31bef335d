use breaker_core::circuit_breaker;
use ui_tests::Down;

type Answer<T> = Result<T, Down>;
type Done = std::result::Result<(), Down>;

#[circuit_breaker(service = "s")]
async fn call() -> Answer<u32> {
    Ok(1)
}

#[circuit_breaker(service = "s")]
fn done() -> Done {
    Err(Down)?;
    Ok(())
}

#[circuit_breaker(service = "s", map_error = |error| std::io::Error::other(error))]
fn io() -> std::io::Result<u32> {
    Ok(1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call().await, Ok(1));
    assert_eq!(done(), Err(Down));
    assert_eq!(io().ok(), Some(1));
}
