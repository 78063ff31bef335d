use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(
    service = "everything",
    preset = "database",
    failure_threshold = 5,
    consecutive_failures = 4,
    failure_rate = 0.5,
    slow_call_duration = "500ms",
    slow_call_rate = 1,
    minimum_requests = 5,
    window = 100,
    open_timeout = "1m 30s",
    open_timeout_multiplier = 2,
    open_timeout_max = "10m",
    open_timeout_jitter = 0.1,
    success_threshold = 3,
    half_open_max_calls = 2,
    half_open_timeout = "20s",
    request_timeout = "2s",
    fail_fast = true,
    response_times = true,
    enable_health_check = false,
    health_check_interval = "15s",
    health_check_timeout = "5s",
    health_check_failures = 4,
    health_check_successes = 2,
    criticality = "optional",
    metrics_log_interval = "1m 30s",
    fallback = |_| Ok(2),
    failure_if = |_| true,
    ignore_if = |_| false,
    map_error = |_| Down,
    crate = ::breaker_core,
)]
async fn call() -> Result<u32, Down> {
    Ok(1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call().await, Ok(1));
    let config = breaker_core::Registry::global().get("everything").expect("listed").config();
    assert_eq!(config.open_timeout(), std::time::Duration::from_secs(90));
    assert_eq!(config.slow_call_rate(), Some(1.0));
    assert_eq!(config.health_check_failures(), 4);
    assert_eq!(config.health_check_successes(), 2);
    assert_eq!(config.criticality(), breaker_core::Criticality::Optional);
    assert_eq!(config.metrics_log_interval(), std::time::Duration::from_secs(90));
}
