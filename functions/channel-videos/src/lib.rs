//! `POST /v1/channel/videos`: the most recent videos of one creator.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ChannelVideosData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<ChannelVideosData>(&app, &request).await
}
