//! A guarded call allocates only what the trait asks for. In a binary of its own, because of its allocator.

use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_object_store::GuardedStore;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Extensions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

/// Answers at once.
#[derive(Debug)]
struct Instant;

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instant")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Instant {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Ok(PutResult { e_tag: None, version: None, extensions: Extensions::default() })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        panic!("no test creates one")
    }

    async fn get_opts(&self, _: &Path, _: GetOptions) -> Result<GetResult> {
        let meta = ObjectMeta {
            location: Path::default(),
            last_modified: SystemTime::UNIX_EPOCH.into(),
            size: 0,
            e_tag: None,
            version: None,
        };
        let payload = GetResultPayload::Stream(stream::empty().boxed());
        Ok(GetResult {
            payload,
            meta,
            range: 0..0,
            attributes: Attributes::default(),
            extensions: Extensions::default(),
        })
    }

    async fn get_ranges(&self, _: &Path, _: &[Range<u64>]) -> Result<Vec<Bytes>> {
        Ok(Vec::new())
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        locations
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::empty().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Ok(ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Extensions::default() })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Ok(())
    }

    async fn rename_opts(&self, _: &Path, _: &Path, _: RenameOptions) -> Result<()> {
        Ok(())
    }
}

/// Returns the allocations of 100 runs, after five to warm up.
fn allocations(mut run: impl FnMut()) -> u64 {
    (0..5).for_each(|_| run());
    let before = counting::made();
    (0..100).for_each(|_| run());
    counting::made() - before
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(output) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else { panic!("it is ready") };
    black_box(output)
}

/// What a method allocates on a store.
fn of(store: &impl ObjectStore) -> [u64; 6] {
    let path = Path::from("a");
    [
        // A payload is an `Arc`.
        allocations(|| drop(now(store.put_opts(&path, PutPayload::default(), PutOptions::default())))),
        allocations(|| drop(now(store.get_opts(&path, GetOptions::default())))),
        allocations(|| drop(now(store.get_ranges(&path, &[])))),
        allocations(|| drop(now(store.list_with_delimiter(None)))),
        allocations(|| drop(now(store.list(Some(&path)).next()))),
        allocations(|| {
            drop(now(store.delete_stream(stream::once(std::future::ready(Ok(Path::default()))).boxed()).next()));
        }),
    ]
}

#[test]
fn calls_allocate_the_boxes_of_the_trait_and_a_rejection_its_error() {
    let breaker = CircuitBreaker::new("allocations", Config::s3());
    let guarded = GuardedStore::with(breaker.clone(), Instant);
    let more: Vec<u64> = of(&guarded).iter().zip(of(&Instant)).map(|(guarded, bare)| guarded - bare).collect();
    // The box of the future; of a get also that of the
    // body; of a list that of the stream, and the prefix, which it owns; of a deletion those of both streams.
    assert_eq!(more, [100, 200, 100, 100, 200, 200]);
    assert_eq!(breaker.metrics().successes, 630);

    breaker.set_mode(Mode::ForcedOpen);
    let path = Path::from("a");
    // The future, and the error.
    assert_eq!(allocations(|| drop(now(guarded.get_opts(&path, GetOptions::default())))), 200);
}
