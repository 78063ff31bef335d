//! Shadow mode: try rules on real traffic before they reject anything.

use breaker_core::{CircuitBreaker, Config, Mode, State};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::builder().failure_rate(0.5).minimum_requests(10).build()?;
    let search = CircuitBreaker::new("search", config);
    search.set_mode(Mode::Shadow);

    // The service fails for a while. Every call still reaches it.
    let mut reached = 0;
    for _ in 0..100 {
        let _ = search.call(|| {
            reached += 1;
            Err::<(), _>("connection refused")
        });
    }
    let metrics = search.metrics();
    println!("{reached} calls ran; {} of them would have been rejected", metrics.would_reject);
    assert_eq!((reached, metrics.would_reject, metrics.rejections), (100, 90, 0));
    assert_eq!(search.state(), State::Open, "the machine runs as it would");

    // The numbers look right: enforce them, while the program runs.
    search.set_mode(Mode::Automatic);
    assert!(search.call(|| Ok::<_, ()>(())).is_err());
    println!("{}", search.history().last().expect("the change of the mode"));
    Ok(())
}
