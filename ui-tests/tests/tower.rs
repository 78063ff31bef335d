//! What the compiler says where a service doesn't fit breaker-tower's layer.

#[test]
fn a_service_that_does_not_fit() {
    trybuild::TestCases::new().compile_fail("cases/tower/*.rs");
}
