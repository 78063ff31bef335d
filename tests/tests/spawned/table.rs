//! The table of functions. Each row makes a module per kind of fallback, with one function per place.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use breaker_core::{CircuitBreakerError, circuit_breaker};

use crate::{Call, Data, Fault};

fn text(_: CircuitBreakerError) -> &'static str {
    "rejected"
}

fn cow(_: CircuitBreakerError) -> Cow<'static, str> {
    Cow::Borrowed("rejected")
}

fn boxed(error: CircuitBreakerError) -> Box<dyn Error + Send> {
    Box::new(error)
}

fn arc(error: CircuitBreakerError) -> Arc<dyn Error + Send + Sync> {
    Arc::new(error)
}

/// Defines the functions of one row with the same kind of fallback.
macro_rules! places {
    ($kind:ident, $service:literal, $lt:lifetime, $ok:ty, $error:ty, $data:ident => $value:expr, [$($args:tt)*]) => {
        pub(super) mod $kind {
            use super::*;

            #[circuit_breaker(service = $service, $($args)*)]
            async fn free<$lt>($data: &$lt Data) -> Result<$ok, $error> {
                tokio::task::yield_now().await;
                Ok($value)
            }

            #[circuit_breaker(service = $service, $($args)*)]
            async fn generic<$lt, G: Default + Send>($data: &$lt Data) -> Result<$ok, $error> {
                let held = G::default();
                tokio::task::yield_now().await;
                drop(held);
                Ok($value)
            }

            struct Client;

            impl Client {
                #[circuit_breaker(service = $service, $($args)*)]
                async fn method<$lt>(&self, $data: &$lt Data) -> Result<$ok, $error> {
                    tokio::task::yield_now().await;
                    Ok($value)
                }
            }

            #[async_trait]
            trait Store {
                async fn of_trait<$lt>(&self, $data: &$lt Data) -> Result<$ok, $error>;
            }

            #[async_trait]
            impl Store for Client {
                #[circuit_breaker(service = $service, $($args)*)]
                async fn of_trait<$lt>(&self, $data: &$lt Data) -> Result<$ok, $error> {
                    tokio::task::yield_now().await;
                    Ok($value)
                }
            }

            pub(in super::super) fn call() -> (&'static str, Call) {
                (stringify!($kind), Box::pin(async { free(&Data::default()).await.is_ok() }))
            }

            #[expect(dead_code, reason = "only compiled: linking all of them takes a minute")]
            fn spawned() {
                tokio::spawn(async { generic::<String>(&Data::default()).await.is_ok() });
                tokio::spawn(async { Client.method(&Data::default()).await.is_ok() });
                tokio::spawn(async { Client.of_trait(&Data::default()).await.is_ok() });
            }
        }
    };
}

/// Defines all kinds of fallback of one row.
macro_rules! kinds {
    ($name:ident, $service:literal, $lt:lifetime, $ok:ty, $error:ty, $data:ident => $value:expr, [$($args:tt)*]) => {
        mod $name {
            use super::*;

            fn spare<$lt>(_: &$lt Data, error: $error) -> Result<$ok, $error> {
                Err(error)
            }

            async fn spare_later<$lt>(_: &$lt Data, error: $error) -> Result<$ok, $error> {
                Err(error)
            }

            places!(path, $service, $lt, $ok, $error, $data => $value, [$($args)* fallback = super::spare]);
            places!(async_path, $service, $lt, $ok, $error, $data => $value, [$($args)* fallback = super::spare_later]);
            places!(closure, $service, $lt, $ok, $error, $data => $value, [$($args)* fallback = |error| Err(error)]);
            places!(future, $service, $lt, $ok, $error, $data => $value, [$($args)* fallback = |error| async move { Err(error) }]);
            places!(async_closure, $service, $lt, $ok, $error, $data => $value, [$($args)* fallback = async |error| Err(error)]);

            pub(super) fn calls() -> [(&'static str, Call); 5] {
                [path::call(), async_path::call(), closure::call(), future::call(), async_closure::call()]
            }
        }
    };
}

macro_rules! table {
    ($($name:ident $service:literal: Result<$ok:ty, $error:ty> $lt:lifetime [$($args:tt)*] $data:ident => $value:expr;)*) => {
        $(kinds!($name, $service, $lt, $ok, $error, $data => $value, [$($args)*]);)*

        pub(crate) fn rows() -> Vec<(&'static str, [(&'static str, Call); 5])> {
            vec![$((stringify!($name), $name::calls()),)*]
        }
    };
}

type Dyn = Box<dyn Error + Send + Sync>;
type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

table! {
    unit "spawned-unit": Result<(), Fault> 'a [] _data => ();
    number "spawned-number": Result<u64, Fault> 'a [] _data => 1;
    string "spawned-string": Result<String, Fault> 'a [] _data => String::new();
    boxed_error "spawned-boxed-error": Result<String, Box<dyn Error + Send + Sync>> 'a [] _data => String::new();
    boxed_error_by_alias "spawned-boxed-error-by-alias": Result<u8, Dyn> 'a [] _data => 1;
    error_of_send_alone "spawned-error-of-send-alone": Result<u8, Box<dyn Error + Send>> 'a [map_error = super::boxed,] _data => 1;
    shared_error "spawned-shared-error": Result<u8, Arc<dyn Error + Send + Sync>> 'a [map_error = super::arc,] _data => 1;
    text_as_error "spawned-text-as-error": Result<String, &'static str> 'a [map_error = super::text,] _data => String::new();
    cow_as_error "spawned-cow-as-error": Result<String, Cow<'static, str>> 'a [map_error = super::cow,] _data => String::new();
    both_dynamic "spawned-both-dynamic": Result<Box<dyn Error + Send>, Dyn> 'a [] _data => Box::new(Fault) as Box<dyn Error + Send>;
    text_for_ever "spawned-text-for-ever": Result<&'static str, Fault> 'a [] _data => "";
    cow_for_ever "spawned-cow-for-ever": Result<Cow<'static, str>, Fault> 'a [] _data => Cow::Borrowed("");
    function "spawned-function": Result<Box<dyn Fn(u32) -> u32 + Send>, Fault> 'a []
        _data => Box::new(|n| n) as Box<dyn Fn(u32) -> u32 + Send>;
    function_of_a_reference "spawned-function-of-a-reference": Result<Box<dyn for<'x> Fn(&'x str) -> &'x str + Send>, Fault> 'a []
        _data => Box::new(str::trim) as Box<dyn for<'x> Fn(&'x str) -> &'x str + Send>;
    function_pointer "spawned-function-pointer": Result<fn(&str) -> usize, Fault> 'a [] _data => str::len as fn(&str) -> usize;
    boxed_future "spawned-boxed-future": Result<Boxed<u8>, Fault> 'a [] _data => Box::pin(async { 1_u8 }) as Boxed<u8>;
    boxed_future_of_result "spawned-boxed-future-of-result": Result<Boxed<Result<u8, Dyn>>, Dyn> 'a []
        _data => Box::pin(async { Ok(1_u8) }) as Boxed<Result<u8, Dyn>>;
    boxed_iterator "spawned-boxed-iterator": Result<Box<dyn Iterator<Item = &'static str> + Send>, Fault> 'a []
        _data => Box::new(std::iter::empty()) as Box<dyn Iterator<Item = &'static str> + Send>;
    option_of_text "spawned-option-of-text": Result<Option<&'static str>, Fault> 'a [] _data => None;
    vector_of_texts "spawned-vector-of-texts": Result<Vec<&'static str>, Dyn> 'a [] _data => Vec::new();
    pair "spawned-pair": Result<(&'static str, Cow<'static, [u8]>), Dyn> 'a [] _data => ("", Cow::Borrowed(&[][..]));
    array "spawned-array": Result<[&'static str; 3], Fault> 'a [] _data => [""; 3];
    map "spawned-map": Result<HashMap<&'static str, String>, Fault> 'a [] _data => HashMap::new();
    borrowed "spawned-borrowed": Result<&'a str, Fault> 'a [] data => data.text.as_str();
    borrowed_bytes "spawned-borrowed-bytes": Result<&'a [u8], Dyn> 'a [] data => &data.bytes[..];
    borrowed_names "spawned-borrowed-names": Result<Vec<&'a str>, Fault> 'a []
        data => data.names.iter().map(String::as_str).collect::<Vec<_>>();
    borrowed_cow "spawned-borrowed-cow": Result<Cow<'a, str>, &'static str> 'a [map_error = super::text,]
        data => Cow::Borrowed(data.text.as_str());
    borrowed_map "spawned-borrowed-map": Result<BTreeMap<&'a str, &'a [u8]>, Dyn> 'a []
        data => BTreeMap::from([(data.text.as_str(), &data.bytes[..])]);
    borrowed_iterator "spawned-borrowed-iterator": Result<Box<dyn Iterator<Item = &'a String> + Send + 'a>, Fault> 'a []
        data => Box::new(data.names.iter()) as Box<dyn Iterator<Item = &'a String> + Send + 'a>;
    borrowed_option "spawned-borrowed-option": Result<Option<&'a String>, Box<dyn Error + Send + Sync>> 'a []
        data => data.names.first();
    nested "spawned-nested": Result<Result<&'a str, &'static str>, Dyn> 'a [] data => Ok(data.text.as_str());
}
