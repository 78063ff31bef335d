use breaker_core::circuit_breaker;

#[circuit_breaker(service = "files")]
async fn read(path: &str) -> Result<Vec<u8>, std::io::Error> {
    std::fs::read(path)
}

fn main() {}
