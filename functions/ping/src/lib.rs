//! `GET /v1/ping`: whether the API runs.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{Endpoint, Ping, Reply};
use shared::pipeline::{App, free};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    free(&app, Endpoint::Ping, &request, |_, _| Ping { message: "pong" }).await
}
