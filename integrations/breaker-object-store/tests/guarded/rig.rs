//! A store that answers by script.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock};
use breaker_object_store::GuardedStore;
use bytes::Bytes;
use futures::StreamExt;
use futures::channel::oneshot::Receiver;
use futures::future::{pending, ready};
use futures::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};

/// What the script says to a call.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The answer of the store in memory.
    Serve,
    /// The same, but the body or the stream breaks off after its first item.
    BreakOff,
    Fail(Error),
    Never,
    /// The answer of the store in memory, after this signal.
    After(Receiver<()>),
    Panic,
}

/// Notes what it is asked, and answers by script; from a store in memory after its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scripted {
    pub(crate) memory: Arc<InMemory>,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    asked: Vec<&'static str>,
    answers: VecDeque<Answer>,
}

impl Scripted {
    pub(crate) fn then(&self, answer: Answer) -> &Self {
        self.script.lock().expect("no test panics in it").answers.push_back(answer);
        self
    }

    /// Fails so many times.
    pub(crate) fn failing(&self, times: usize) -> &Self {
        (0..times).fold(self, |script, _| script.then(Answer::Fail(down())))
    }

    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.script.lock().expect("no test panics in it").asked.clone()
    }

    fn answer(&self, method: &'static str) -> Answer {
        let mut script = self.script.lock().expect("no test panics in it");
        script.asked.push(method);
        script.answers.pop_front().unwrap_or(Answer::Serve)
    }

    /// Returns whether the answer breaks off.
    async fn ask(&self, method: &'static str) -> Result<bool> {
        match self.answer(method) {
            Answer::Serve => Ok(false),
            Answer::BreakOff => Ok(true),
            Answer::Fail(error) => Err(error),
            Answer::Never => pending().await,
            Answer::After(signal) => {
                signal.await.expect("the test sends it");
                Ok(false)
            }
            Answer::Panic => panic!("the store panics"),
        }
    }

    fn stream<T: Send + 'static>(
        &self,
        method: &'static str,
        items: BoxStream<'static, Result<T>>,
    ) -> BoxStream<'static, Result<T>> {
        match self.answer(method) {
            Answer::Serve | Answer::After(_) => items,
            Answer::BreakOff => items.take(1).chain(stream::once(ready(Err(down())))).boxed(),
            Answer::Fail(error) => stream::once(ready(Err(error))).boxed(),
            Answer::Never => stream::pending().boxed(),
            Answer::Panic => panic!("the store panics"),
        }
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Scripted {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.ask("put").await?;
        self.memory.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.ask("create").await?;
        let upload = self.memory.put_multipart_opts(location, options).await?;
        Ok(Box::new(ScriptedUpload { store: self.clone(), upload }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let breaks_off = self.ask("get").await?;
        let mut got = self.memory.get_opts(location, options).await?;
        if breaks_off && let GetResultPayload::Stream(body) = got.payload {
            got.payload = GetResultPayload::Stream(body.take(1).chain(stream::once(ready(Err(down())))).boxed());
        }
        Ok(got)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.ask("get_ranges").await?;
        self.memory.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.stream("delete", self.memory.delete_stream(locations))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.stream("list", self.memory.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.stream("list_with_offset", self.memory.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.ask("list_with_delimiter").await?;
        self.memory.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.ask("copy").await?;
        self.memory.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.ask("rename").await?;
        self.memory.rename_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct ScriptedUpload {
    store: Scripted,
    upload: Box<dyn MultipartUpload>,
}

#[async_trait::async_trait]
impl MultipartUpload for ScriptedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (store, part) = (self.store.clone(), self.upload.put_part(data));
        Box::pin(async move {
            store.ask("part").await?;
            part.await
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.store.ask("complete").await?;
        self.upload.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.store.ask("abort").await?;
        self.upload.abort().await
    }
}

/// The error of a store that is down.
pub(crate) fn down() -> Error {
    Error::Generic { store: "S3", source: "Server returned non-2xx status code: 503".into() }
}

pub(crate) fn at(path: &str) -> Path {
    Path::from(path)
}

/// A guarded store by script, whose breaker opens at the second failure in a row and times calls out after 30 s.
pub(crate) struct Rig {
    pub(crate) store: GuardedStore<Scripted>,
    pub(crate) inner: Scripted,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) hand: ManualClock,
}

pub(crate) fn rig() -> Rig {
    let config = Config::builder()
        .consecutive_failures(2)
        .request_timeout(Duration::from_secs(30))
        .open_timeout(Duration::from_secs(60))
        .success_threshold(3)
        .build()
        .expect("it is valid");
    let (clock, hand) = Clock::manual();
    let breaker = CircuitBreaker::with_clock("archive", config, clock);
    let inner = Scripted::default();
    Rig { store: GuardedStore::with(breaker.clone(), inner.clone()), inner, breaker, hand }
}
