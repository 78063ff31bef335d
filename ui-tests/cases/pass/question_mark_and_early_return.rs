use breaker_core::circuit_breaker;
use ui_tests::Down;

fn even(n: u32) -> Result<u32, Down> {
    if n.is_multiple_of(2) { Ok(n) } else { Err(Down) }
}

#[circuit_breaker(service = "s")]
async fn call(n: u32) -> Result<u32, Down> {
    if n == 4 {
        return Ok(0);
    }
    let half = even(n)? / 2;
    Ok(half)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((call(4).await, call(6).await, call(5).await), (Ok(0), Ok(3), Err(Down)));
}
