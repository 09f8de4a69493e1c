//! `GET /v1/requests/{request_id}`: a past request of the caller's account, and its cost.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::Reply;
use shared::pipeline::{App, request};

/// Answers one request.
pub async fn handle(app: Arc<App>, event: Request) -> Reply {
    request(&app, &event).await
}
