use breaker_tower::CircuitBreakerLayer;
use tower::{Layer, Service, service_fn};

#[derive(Debug)]
struct NotFound;

fn serve(_: impl Service<u32>) {}

fn main() {
    let service = service_fn(|_: u32| async { Err::<(), _>(NotFound) });
    let service = CircuitBreakerLayer::new("store").layer(service);
    serve(service);
}
