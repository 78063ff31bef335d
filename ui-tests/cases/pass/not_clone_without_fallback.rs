use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Token;

#[circuit_breaker(service = "s")]
async fn takes(token: Token) -> Result<(), Down> {
    drop(token);
    Ok(())
}

#[circuit_breaker(service = "s", fallback = |_| Ok(id))]
async fn names_another(token: Token, id: u32) -> Result<u32, Down> {
    drop(token);
    Err(Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(takes(Token).await, Ok(()));
    assert_eq!(names_another(Token, 3).await, Ok(3));
}
