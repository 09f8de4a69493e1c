//! `POST /v1/median-views`: the median of the views of one creator's recent videos.
//!
//! It shares the cached list with channel/videos: one call to a provider is enough for both.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{MedianViewsData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<MedianViewsData>(&app, &request).await
}
