//! The Lambda entry: configuration and connections once, then requests.

use std::sync::Arc;

use lambda_http::{Error, Request, service_fn};

use crate::clock::Clock;
use crate::config::Config;
use crate::contract::Reply;
use crate::dynamodb::{Access, client};
use crate::metrics::Metrics;
use crate::pipeline::{App, DemoKeys, route};
use crate::provider_keys::KeySecret;
use crate::telemetry;

/// Runs one function's handler on Lambda until Lambda ends it.
///
/// # Errors
/// When the configuration makes no sense or Lambda's runtime interface breaks.
pub async fn run<H, F>(handle: H) -> Result<(), Error>
where
    H: Fn(Arc<App>, Request) -> F,
    F: Future<Output = Reply> + Send + 'static,
{
    telemetry::json_lines();
    let app = start().await.inspect_err(|error| tracing::error!(%error, "not started"))?;
    lambda_http::run(service_fn(|request: Request| {
        // The gateway's default route brings what has no route.
        let routed = route(request.method(), request.uri().path(), request.headers());
        let reply = routed.map(|_| handle(Arc::clone(&app), request));
        async {
            Ok::<_, Error>(match reply {
                Ok(reply) => reply.await,
                Err(refusal) => refusal,
            })
        }
    }))
    .await
}

async fn start() -> Result<Arc<App>, Error> {
    let env = |name: &str| std::env::var(name).ok();
    let config = Config::read(env)?;
    let access = Access::from_lambda_environment(env)?;
    let endpoint = env("AWS_ENDPOINT_URL_SECRETS_MANAGER");
    let secret = config.provider_keys_secret.clone();
    let secret = secret.map(|id| KeySecret::new(&access, endpoint, config.dynamodb, id));
    let dynamodb = client(access, config.dynamodb);
    let metrics = Metrics::to(&config.metrics_namespace, std::io::stdout());
    let app = App::deployed(config, dynamodb, Clock::system(), DemoKeys::Refused, secret, metrics);
    let (keys, ()) = tokio::join!(app.ready(), app.accounts().warm());
    if let Err(error) = keys {
        // The first request tries again.
        tracing::error!(%error, "the providers' keys were not read");
    }
    Ok(Arc::new(app))
}
