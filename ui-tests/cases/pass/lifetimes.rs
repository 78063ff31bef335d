use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Repo<'a> {
    names: &'a [&'a str],
}

impl<'a> Repo<'a> {
    #[circuit_breaker(service = "s")]
    async fn first(&self, default: &'a str) -> Result<&'a str, Down> {
        Ok(self.names.first().copied().unwrap_or(default))
    }

    #[circuit_breaker(service = "s", fallback = Self::nothing)]
    fn longest<'b>(&self, one: &'b str, other: &'b str) -> Result<&'b str, Down> {
        if one.len() > other.len() { Ok(one) } else { Err(Down) }
    }

    fn nothing<'b>(&self, _one: &'b str, other: &'b str, _error: Down) -> Result<&'b str, Down> {
        Ok(other)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let repo = Repo { names: &["a"] };
    assert_eq!(repo.first("b").await, Ok("a"));
    assert_eq!(repo.longest("a", "bb"), Ok("bb"));
}
