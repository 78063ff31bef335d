//! An operation of the AWS SDK without a network, and the two hooks of the interceptor alone: beside an operation, their
//! cost is lost in the noise. The least interceptor is one that keeps something for the operation, which every breaker
//! must.

use std::convert::Infallible;
use std::sync::OnceLock;

use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef, Input, InterceptorContext, Output,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, OverriddenHooks};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::timeout::TimeoutConfig;
use breaker_aws::CircuitBreakerInterceptor;

use crate::compare::compare;

/// Answers at once.
#[derive(Debug)]
struct Ready;

impl HttpConnector for Ready {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

/// Keeps a number for the operation, and reads it at the end.
#[derive(Debug)]
struct Least;

#[derive(Debug)]
struct Number(u64);

impl Storable for Number {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Least {
    fn name(&self) -> &'static str {
        "Least"
    }

    fn overridden_hooks(&self) -> OverriddenHooks {
        OverriddenHooks::READ_BEFORE_EXECUTION | OverriddenHooks::READ_AFTER_EXECUTION
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Number(1));
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.get_mut_from_interceptor_state::<Number>().map(|number| number.0 += 1).ok_or_else(|| "no number".into())
    }
}

/// Keeps the components of an operation, which only the SDK can make.
#[derive(Debug)]
struct Components(&'static OnceLock<RuntimeComponents>);

impl Intercept for Components {
    fn name(&self) -> &'static str {
        "Components"
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.set(components.clone()).map_err(|_| "a second operation".into())
    }
}

/// Runs the hooks of an operation that succeeds, and returns whether they do.
fn hooks(interceptor: &dyn Intercept, context: &InterceptorContext, components: &RuntimeComponents) -> bool {
    let mut cfg = ConfigBag::base();
    interceptor.read_before_execution(&context.into(), &mut cfg).is_ok()
        && interceptor.read_after_execution(&context.into(), components, &mut cfg).is_ok()
}

fn operation() -> OperationBuilder<(), (), Infallible> {
    Operation::builder()
        .service_name("costs")
        .operation_name("Ping")
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Ready)))
        .endpoint_url("http://localhost/")
        .no_auth()
        .no_retry()
        .timeout_config(TimeoutConfig::disabled())
        .serializer(|()| Ok(HttpRequest::new(SdkBody::empty())))
        .deserializer(|_| Ok::<(), OrchestratorError<Infallible>>(()))
}

pub(crate) async fn measure() {
    static COMPONENTS: OnceLock<RuntimeComponents> = OnceLock::new();
    let interceptor = CircuitBreakerInterceptor::new("aws");
    let breaker = interceptor.breaker().clone();
    let (plain, least) = (operation().build(), operation().interceptor(Least).build());
    let guarded = operation().interceptor(interceptor).build();
    let runs = |operation: &Operation<(), (), Infallible>| {
        let operation = operation.clone();
        async move || operation.invoke(()).await.is_ok()
    };
    compare("aws: operation", &breaker, runs(&plain), runs(&guarded)).await.print();
    compare("aws: operation, plain with the least interceptor", &breaker, runs(&least), runs(&guarded)).await.print();

    let kept = operation().interceptor(Components(&COMPONENTS)).build().invoke(()).await;
    kept.expect("the service answers");
    let components = COMPONENTS.get().expect("the operation has ended");
    let mut context = InterceptorContext::new(Input::erase(()));
    context.set_output_or_error(Ok(Output::erase(())));
    let interceptor = CircuitBreakerInterceptor::new("aws");
    let (least, guarded) =
        (async || hooks(&Least, &context, components), async || hooks(&interceptor, &context, components));
    compare("aws: hooks, plain those of the least interceptor", &breaker, least, guarded).await.print();
}
