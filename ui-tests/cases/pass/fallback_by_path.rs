use breaker_core::circuit_breaker;
use ui_tests::Down;

mod cache {
    use ui_tests::Down;

    pub fn get(id: u32, name: String, _error: Down) -> Result<String, Down> {
        Ok(format!("{id}:{name}"))
    }

    pub async fn get_later(id: u32, name: String, error: Down) -> Result<String, Down> {
        get(id, name, error)
    }
}

#[circuit_breaker(service = "s", fallback = cache::get)]
fn plain(id: u32, name: String) -> Result<String, Down> {
    drop((id, name));
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = cache::get_later)]
async fn later(id: u32, mut name: String) -> Result<String, Down> {
    name.push_str(&id.to_string());
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = cache::get)]
async fn at_once(id: u32, name: String) -> Result<String, Down> {
    drop((id, name));
    Err(Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(plain(1, "a".into()).as_deref(), Ok("1:a"));
    assert_eq!(later(1, "a".into()).await.as_deref(), Ok("1:a"));
    assert_eq!(at_once(1, "a".into()).await.as_deref(), Ok("1:a"));
}
