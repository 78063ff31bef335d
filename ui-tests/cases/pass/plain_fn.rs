use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
fn call(id: u32) -> Result<u32, Down> {
    if id == 0 {
        return Err(Down);
    }
    Ok(id)
}

fn main() {
    assert_eq!((call(1), call(0)), (Ok(1), Err(Down)));
}
