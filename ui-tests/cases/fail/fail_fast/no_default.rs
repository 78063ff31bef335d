use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Photo;

#[circuit_breaker(service = "s", fail_fast = false)]
fn call() -> Result<Photo, Down> {
    Ok(Photo)
}

fn main() {}
