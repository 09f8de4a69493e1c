//! `GET /v1/usage`: the money of the caller's account, and its usage by day.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::Reply;
use shared::pipeline::{App, usage};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    usage(&app, &request).await
}
