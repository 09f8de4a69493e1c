//! The Lambda entry: configuration and connections once, then requests.

use std::sync::Arc;

use lambda_http::{Error, Request, service_fn};

use crate::clock::Clock;
use crate::config::Config;
use crate::contract::Reply;
use crate::dynamodb::{Access, client};
use crate::pipeline::{App, DemoKeys};
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
    lambda_http::run(service_fn(|request| {
        let reply = handle(Arc::clone(&app), request);
        async { Ok::<_, Error>(reply.await) }
    }))
    .await
}

async fn start() -> Result<Arc<App>, Error> {
    let env = |name: &str| std::env::var(name).ok();
    let config = Config::read(env)?;
    let dynamodb = client(Access::from_lambda_environment(env)?, config.dynamodb);
    let app = App::new(config, dynamodb, Clock::system(), DemoKeys::Refused);
    app.accounts().warm().await;
    Ok(Arc::new(app))
}
