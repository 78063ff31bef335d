use breaker_core::circuit_breaker;
use ui_tests::Down;

trait Store: Sync {
    fn raw(&self) -> Result<u32, Down>;

    #[circuit_breaker(service = "s", fallback = |_| Ok(0))]
    fn get(&self) -> Result<u32, Down> {
        self.raw()
    }
}

struct Broken;

impl Store for Broken {
    fn raw(&self) -> Result<u32, Down> {
        Err(Down)
    }
}

fn main() {
    assert_eq!(Broken.get(), Ok(0));
}
