use breaker_core::circuit_breaker;
use ui_tests::Down;

macro_rules! client {
    ($name:ident, $service:literal, $body:expr) => {
        #[circuit_breaker(service = $service, failure_threshold = 3)]
        async fn $name(n: u32) -> Result<u32, Down> {
            let add = $body;
            Ok(add(n))
        }
    };
}

client!(double, "doubling", |n: u32| n * 2);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    #[circuit_breaker(service = "s")]
    fn local(n: u32) -> Result<u32, Down> {
        Ok(n)
    }

    assert_eq!((double(2).await, local(1)), (Ok(4), Ok(1)));
}
