use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn r#match(r#type: u32, r#async: &mut u32) -> Result<u32, Down> {
    *r#async += r#type;
    Ok(*r#async)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(r#match(1, &mut 2).await, Ok(3));
}
