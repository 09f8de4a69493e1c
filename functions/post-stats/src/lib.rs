//! `POST /v1/post/stats`: view, like, comment and share counts of one post.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{PostStatsData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<PostStatsData>(&app, &request).await
}
