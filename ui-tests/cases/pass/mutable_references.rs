use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = refill)]
async fn drain(buffer: &mut Vec<u32>, keep: usize) -> Result<usize, Down> {
    buffer.truncate(keep);
    Err(Down)
}

fn refill(buffer: &mut Vec<u32>, keep: usize, _error: Down) -> Result<usize, Down> {
    buffer.push(9);
    Ok(buffer.len() + keep)
}

#[circuit_breaker(service = "s", fallback = |_| { buffer.push(1); Ok(buffer.len()) })]
fn plain(buffer: &mut Vec<u32>) -> Result<usize, Down> {
    buffer.clear();
    Err(Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut buffer = vec![1, 2, 3];
    assert_eq!(drain(&mut buffer, 1).await, Ok(3));
    assert_eq!(buffer, [1, 9]);
    assert_eq!(plain(&mut buffer), Ok(1));
}
