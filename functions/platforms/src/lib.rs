//! `GET /v1/platforms`: the endpoints that work for each platform, with the configured providers,
//! or for a test key in the sandbox.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{Endpoint, Platforms, Reply};
use shared::pipeline::{App, free};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    free(&app, Endpoint::Platforms, &request, |app, source| Platforms { platforms: app.working_endpoints(source) })
        .await
}
