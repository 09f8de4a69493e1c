//! `GET /v1/status`: the state of all platforms and endpoints, for everybody; `/status` is the
//! page.

mod page;

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::Reply;
use shared::pipeline::{App, status};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    status(&app, &request, page::draw).await
}
