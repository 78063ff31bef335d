use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Point {
    x: u32,
    y: u32,
}

#[circuit_breaker(service = "s")]
async fn sum((a, b): (u32, u32), Point { x, y }: Point, [first, ..]: [u32; 2], _: u32) -> Result<u32, Down> {
    Ok(a + b + x + y + first)
}

#[circuit_breaker(service = "s", fallback = |_| Ok(0))]
fn closure_beside_pattern((a, b): (u32, u32)) -> Result<u32, Down> {
    if a == b { Err(Down) } else { Ok(a) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum((1, 2), Point { x: 3, y: 4 }, [5, 6], 7).await, Ok(15));
    assert_eq!(closure_beside_pattern((1, 1)), Ok(0));
}
