use breaker_tower::{CircuitBreakerLayer, Http};
use tower::{Layer, Service, service_fn};

fn serve(_: impl Service<u32>) {}

fn main() {
    let service = service_fn(|n: u32| async move { Ok::<_, std::io::Error>(n) });
    let service = CircuitBreakerLayer::new("adder").classify(Http::new()).layer(service);
    serve(service);
}
