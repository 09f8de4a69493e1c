//! The entry on Lambda: it creates the configuration and the connections once, then answers
//! requests.

use std::sync::Arc;

use http::Response;
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Body, Error, Request, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;
use strum::IntoEnumIterator;

use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{ApiError, Endpoint, ErrorCode, Reply};
use crate::dynamodb::{Access, aws_endpoint, client};
use crate::gateway;
use crate::metrics::Metrics;
use crate::pipeline::{self, App, DemoKeys};
use crate::provider::HttpClient;
use crate::provider_keys::KeySource;
use crate::{mcp, telemetry};

/// Runs the function of this name on Lambda until Lambda ends it.
///
/// # Errors
/// If the configuration is invalid or Lambda's runtime interface fails.
pub async fn run<H, F>(function: &'static str, handle: H) -> Result<(), Error>
where
    H: Fn(Arc<App>, Endpoint, Request) -> F + Copy + Send + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let app = begin(function).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Error>(gateway::response(answer(function, handle, &app, &event.payload).await)) }
    }))
    .await
}

/// Runs the function of MCP on Lambda until Lambda ends it. `handle` answers the endpoints that are
/// tools.
///
/// # Errors
/// If the configuration is invalid or Lambda's runtime interface fails.
pub async fn run_mcp<H, F>(handle: H) -> Result<(), Error>
where
    H: Fn(Arc<App>, Endpoint, Request) -> F + Copy + Send + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let app = begin(mcp::FUNCTION).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let app = Arc::clone(&app);
        async move {
            let reply = match serde_json::from_str(event.payload.get()) {
                Ok(event) => {
                    mcp::answer(&app, event, |endpoint, request| handle(Arc::clone(&app), endpoint, request)).await
                }
                Err(_) => not_read(),
            };
            Ok::<_, Error>(gateway::response(reply))
        }
    }))
    .await
}

/// Runs the function of the pages, which may call nothing, until Lambda ends it. `answer` takes the
/// gateway's event.
///
/// # Errors
/// If `RUST_LOG` is invalid or Lambda's runtime interface fails.
pub async fn run_site<F>(answer: impl Fn(Value) -> F) -> Result<(), Error>
where
    F: Future<Output = Response<Body>>,
{
    let levels = telemetry::levels();
    telemetry::json_lines(levels.as_ref().unwrap_or(&telemetry::default_levels()).clone());
    levels.inspect_err(|error| tracing::error!(%error, "not started"))?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        Ok::<_, Error>(match serde_json::from_str(event.payload.get()) {
            Ok(event) => gateway::response(answer(event).await),
            Err(_) => gateway::response(not_read()),
        })
    }))
    .await
}

/// Every event is answered: if the function failed, the gateway would send its own error to the
/// caller.
async fn answer<H, F>(function: &str, handle: H, app: &Arc<App>, event: &RawValue) -> Reply
where
    H: Fn(Arc<App>, Endpoint, Request) -> F,
    F: Future<Output = Reply>,
{
    match serde_json::from_str(event.get()) {
        Ok(event) => {
            let answer = async |endpoint: Endpoint, request| {
                if endpoint.spec().function == function {
                    handle(Arc::clone(app), endpoint, request).await
                } else {
                    pipeline::of_another_function(app, endpoint, &request).await
                }
            };
            pipeline::answer(app, event, answer).await
        }
        Err(_) => not_read(),
    }
}

fn not_read() -> Reply {
    pipeline::refusal(ApiError::new(ErrorCode::InvalidRequest, "the request can't be read; send UTF-8"))
}

/// The log and the application.
async fn begin(function: &str) -> Result<Arc<App>, Error> {
    let levels = telemetry::levels();
    telemetry::json_lines(levels.as_ref().unwrap_or(&telemetry::default_levels()).clone());
    start(function, levels).await.inspect_err(|error| tracing::error!(%error, "not started"))
}

async fn start(function: &str, levels: Result<telemetry::Levels, telemetry::NotLevels>) -> Result<Arc<App>, Error> {
    levels?;
    let env = |name: &str| std::env::var(name).ok();
    let config = Config::read(env)?;
    let access = Access::from_lambda_environment(env)?;
    let secrets = aws_endpoint(env, "AWS_ENDPOINT_URL_SECRETS_MANAGER");
    let secret = config.provider_keys_secret.clone();
    let secret = secret.map(|id| KeySource::secret(&access, secrets, config.dynamodb, id));
    let dynamodb = client(access, config.dynamodb);
    let metrics = Metrics::to(&config.metrics_namespace, std::io::stdout());
    let http = HttpClient::new(config.https_only());
    let app = App::new(config, dynamodb, Clock::system(), DemoKeys::Refused, secret, http, metrics);
    let (keys, ()) = tokio::join!(app.ready(), warm(&app, function));
    if let Err(error) = keys {
        // If this fails, the first request tries again.
        tracing::error!(%error, "the providers' keys were not read");
    }
    Ok(Arc::new(app))
}

/// Prepares everything that the first request would otherwise wait for.
async fn warm(app: &App, function: &str) {
    let is_its_own = |endpoint: &Endpoint| endpoint.spec().function == function || function == mcp::FUNCTION;
    let endpoints = || Endpoint::iter().filter(is_its_own);
    if endpoints().all(|endpoint| endpoint.spec().is_public) {
        // Only public endpoints don't need accounts.
        if let Err(error) = app.health().report().await {
            tracing::error!(%error, "the providers' health was not read");
        }
        return;
    }
    // A priced endpoint admits a request and looks into the cache at the same time.
    let connections = if endpoints().any(Endpoint::is_priced) { 2 } else { 1 };
    app.accounts().warm(connections).await;
}
