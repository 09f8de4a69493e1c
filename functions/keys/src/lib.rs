//! `GET` and `POST /v1/keys`, `DELETE /v1/keys/{id}` and `POST /v1/keys/{id}/rotate`: the keys of
//! the caller's account.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{Endpoint, Reply};
use shared::pipeline::{App, keys};

/// Answers one request to one of these endpoints.
pub async fn handle(app: Arc<App>, endpoint: Endpoint, request: Request) -> Reply {
    keys(&app, endpoint, &request).await
}
