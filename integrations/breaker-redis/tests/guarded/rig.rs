//! A connection that answers by script.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, ConfigBuilder, ManualClock};
use breaker_redis::Guarded;
use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, Pipeline, RedisError, RedisFuture, Value, parse_redis_value};

/// What the script says to a command.
pub(crate) enum Answer {
    Value(Value),
    Error(RedisError),
    /// It takes so long, in tokio's time.
    After(Duration, Value),
    Never,
    Panic,
}

/// Notes what it is asked, and answers by script; `OK` after its end.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    asked: Vec<String>,
    answers: VecDeque<Answer>,
}

impl Scripted {
    pub(crate) fn then(self, answer: Answer) -> Self {
        self.0.lock().expect("no test panics in it").answers.push_back(answer);
        self
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.lock().expect("no test panics in it").asked.clone()
    }

    fn answer(&self, words: &str) -> Answer {
        let mut script = self.0.lock().expect("no test panics in it");
        script.asked.push(words.to_owned());
        script.answers.pop_front().unwrap_or(Answer::Value(Value::Okay))
    }
}

fn words(command: &Cmd) -> String {
    let words = command.args_iter().map(|word| match word {
        Arg::Simple(word) => String::from_utf8_lossy(word).into_owned(),
        _ => "?".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn played(answer: Answer) -> RedisFuture<'static, Value> {
    match answer {
        Answer::Value(value) => Box::pin(ready(Ok(value))),
        Answer::Error(error) => Box::pin(ready(Err(error))),
        Answer::After(time, value) => Box::pin(async move {
            tokio::time::sleep(time).await;
            Ok(value)
        }),
        Answer::Never => Box::pin(std::future::pending()),
        Answer::Panic => panic!("the connection panics"),
    }
}

impl ConnectionLike for Scripted {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        played(self.answer(&words(command)))
    }

    /// One answer for the whole pipeline: an array.
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let words: Vec<String> = pipeline.cmd_iter().map(words).collect();
        let answer = played(self.answer(&words.join("; ")));
        Box::pin(async move {
            Ok(match answer.await? {
                Value::Array(values) => values,
                value => vec![value],
            })
        })
    }

    fn get_db(&self) -> i64 {
        7
    }
}

/// Returns what a server's bytes mean.
pub(crate) fn parsed(bytes: &str) -> Value {
    parse_redis_value(bytes.as_bytes()).expect("it is Redis' protocol")
}

pub(crate) fn guarded(
    config: &ConfigBuilder,
    connection: Scripted,
) -> (Guarded<Scripted>, CircuitBreaker, ManualClock) {
    let (clock, hand) = Clock::manual();
    let breaker = CircuitBreaker::with_clock("cache", config.build().expect("it is valid"), clock);
    (Guarded::with(breaker.clone(), connection), breaker, hand)
}
