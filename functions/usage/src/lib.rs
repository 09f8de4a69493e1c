//! `GET /v1/usage`: what the caller's account has, and has used by day.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::Reply;
use shared::pipeline::{App, usage};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    usage(&app, &request).await
}
