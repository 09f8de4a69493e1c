//! `GET /v1/status`: how everything fares, for everybody; the same as a page at `/status`.

mod page;

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::Reply;
use shared::pipeline::{App, status};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    status(&app, &request, page::draw).await
}
