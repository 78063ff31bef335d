use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s")]
unsafe extern "C" {
    fn read();
}

fn main() {}
