#![deny(warnings, clippy::pedantic)]
#![allow(missing_docs, clippy::missing_errors_doc, clippy::must_use_candidate, clippy::unnecessary_wraps)]
//! A `mut` parameter causes the same lints as without the attribute, and a closure can change its clone.

use async_trait::async_trait;
use breaker_core::circuit_breaker;
use ui_tests::Down;

#[derive(Clone, Copy)]
pub struct Point {
    pub x: u32,
    pub y: u32,
}

#[circuit_breaker(service = "s")]
pub fn field(mut p: Point) -> Result<u32, Down> {
    p.x = 1;
    Ok(p.x + p.y)
}

#[circuit_breaker(service = "s")]
pub async fn field_later(mut p: Point) -> Result<u32, Down> {
    p.x = 1;
    tokio::task::yield_now().await;
    Ok(p.x + p.y)
}

#[circuit_breaker(service = "s")]
pub fn eager(mut p: Point) -> impl Future<Output = Result<u32, Down>> {
    p.x = 1;
    async move { Ok(p.x + p.y) }
}

#[circuit_breaker(service = "s")]
pub fn tuple(mut p: (u32, String)) -> Result<u32, Down> {
    p.0 = 1;
    Ok(p.0)
}

#[circuit_breaker(service = "s")]
pub fn pattern((mut p, q): (Point, u32)) -> Result<u32, Down> {
    p.x = q;
    Ok(p.x + p.y)
}

impl Point {
    #[circuit_breaker(service = "s")]
    pub fn with(mut self, x: u32) -> Result<Self, Down> {
        self.x = x;
        Ok(self)
    }

    #[circuit_breaker(service = "s")]
    pub async fn with_later(mut self, x: u32) -> Result<Self, Down> {
        self.x = x;
        Ok(self)
    }

    #[circuit_breaker(service = "s")]
    pub fn read(mut self, x: u32) -> Result<u32, Down> {
        self.x = x;
        Ok(self.x + self.y)
    }

    #[circuit_breaker(service = "s", fallback = |_| { self.x += 1; Ok(self.x) })]
    pub fn changed_by_the_closure(mut self) -> Result<u32, Down> {
        Err(Down)
    }
}

#[circuit_breaker(service = "s")]
pub fn slice(mut buf: &mut [u8]) -> Result<usize, Down> {
    let b = buf;
    buf = &mut b[1..];
    Ok(buf.len())
}

#[circuit_breaker(service = "s", fallback = |error| { buf[0] = 1; Err(error) })]
pub fn slice_with_closure(mut buf: &mut [u8]) -> Result<usize, Down> {
    let b = buf;
    buf = &mut b[1..];
    Ok(buf.len())
}

#[circuit_breaker(service = "s", fallback = |error| { buf[0] = 1; Err(error) })]
pub async fn slice_with_closure_later(mut buf: &mut [u8]) -> Result<usize, Down> {
    let b = buf;
    buf = &mut b[1..];
    Ok(buf.len())
}

#[circuit_breaker(service = "s", fallback = |_| { buf = &mut buf[1..]; Ok(buf.len()) })]
pub fn slice_changed_by_the_closure(mut buf: &mut [u8]) -> Result<usize, Down> {
    Err(Down)
}

fn spare(buf: &mut [u8], _: Down) -> Result<usize, Down> {
    buf[0] = 1;
    Ok(9)
}

#[circuit_breaker(service = "s", fallback = spare)]
pub fn slice_with_path(mut buf: &mut [u8]) -> Result<usize, Down> {
    let b = buf;
    buf = &mut b[1..];
    Ok(buf.len())
}

#[circuit_breaker(service = "s", fallback = |error| { b.push(1); if b.len() > 1 { Ok(1) } else { Err(error) } })]
pub fn vector(mut b: Vec<u32>) -> Result<u32, Down> {
    b.push(2);
    Ok(1)
}

#[circuit_breaker(service = "s", fallback = |_| { b.push(1); Ok(b.len()) })]
pub async fn changed_by_the_closure_alone(mut b: Vec<u32>) -> Result<usize, Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = |_| { name = &name[1..]; Ok(name.len()) })]
pub async fn shared_reference(mut name: &str) -> Result<usize, Down> {
    name = &name[1..];
    name.parse().map_err(|_| Down)
}

#[async_trait]
pub trait Store {
    async fn put(&self, b: Vec<u32>, buf: &mut [u8]) -> Result<usize, Down>;
}

#[async_trait]
impl Store for Point {
    #[circuit_breaker(service = "s", fallback = |_| { b.push(1); buf = &mut buf[1..]; Ok(b.len() + buf.len()) })]
    async fn put(&self, mut b: Vec<u32>, mut buf: &mut [u8]) -> Result<usize, Down> {
        b.push(2);
        let whole = buf;
        buf = &mut whole[..0];
        if buf.is_empty() { Err(Down) } else { Ok(b.len()) }
    }
}

#[circuit_breaker(service = "s")]
pub fn counted_down(mut n: u32) -> Result<u32, Down> {
    while n > 1 {
        n -= 1;
    }
    Ok(n)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let p = Point { x: 5, y: 2 };
    assert_eq!((field(p), field_later(p).await, eager(p).await), (Ok(3), Ok(3), Ok(3)));
    assert_eq!(p.changed_by_the_closure(), Ok(6));
    assert_eq!(slice_changed_by_the_closure(&mut [0; 4]), Ok(3));
    assert_eq!(slice_with_path(&mut [0; 4]), Ok(3));
    assert_eq!(changed_by_the_closure_alone(vec![0]).await, Ok(2));
    assert_eq!(shared_reference("abc").await, Ok(2));
    assert_eq!(p.put(vec![0], &mut [0; 4]).await, Ok(5));
}
