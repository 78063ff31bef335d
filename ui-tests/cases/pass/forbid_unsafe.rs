#![forbid(unsafe_code)]
#![deny(warnings)]

use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Store(u32);

#[circuit_breaker(service = "s")]
fn plain(value: u32) -> Result<u32, Down> {
    Ok(value)
}

// Futures, timers and fallbacks need no `unsafe` in the user's crate, either.
impl Store {
    #[circuit_breaker(service = "s", request_timeout = "5s", ignore_if = |_| false, fallback = |_| Ok(name.len() as u32))]
    async fn get(&self, name: String) -> Result<u32, Down> {
        let _ = name;
        Ok(self.0)
    }

    #[circuit_breaker(service = "s", classify = |_| breaker_core::Outcome::Success, fallback = Self::other)]
    async fn other_way(&mut self, value: u32) -> Result<u32, Down> {
        self.0 += value;
        Err(Down)
    }

    async fn other(&mut self, value: u32, _: Down) -> Result<u32, Down> {
        Ok(self.0 + value)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut store = Store(2);
    assert_eq!(plain(1).ok(), Some(1));
    assert_eq!(store.get("name".to_owned()).await.ok(), Some(2));
    assert_eq!(store.other_way(3).await.ok(), None);
}
