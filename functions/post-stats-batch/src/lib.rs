//! `POST /v1/post/stats/batch`: view, like, comment and share counts of up to a hundred posts.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::Reply;
use shared::pipeline::{App, post_stats_batch};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    post_stats_batch(&app, &request).await
}
