//! `POST /v1/median-views`: how often the recent videos of one creator are usually seen.
//!
//! It shares the list with channel/videos: one call to a provider serves both.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{MedianViewsData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<MedianViewsData>(&app, &request).await
}
