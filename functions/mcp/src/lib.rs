//! `POST /mcp`: the endpoints as tools for assistants. The endpoint's own handler answers a tool's
//! call.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{Endpoint, ErrorCode, Reply};
use shared::pipeline::{App, refusal};

/// Answers one request to the endpoint of a tool.
pub async fn handle(app: Arc<App>, endpoint: Endpoint, request: Request) -> Reply {
    match endpoint {
        Endpoint::PostStats => post_stats::handle(app, request).await,
        Endpoint::PostStatsBatch => post_stats_batch::handle(app, request).await,
        Endpoint::Profile => profile::handle(app, request).await,
        Endpoint::ChannelVideos => channel_videos::handle(app, request).await,
        Endpoint::MedianViews => median_views::handle(app, request).await,
        Endpoint::Email => email::handle(app, request).await,
        Endpoint::Usage => usage::handle(app, request).await,
        Endpoint::Platforms => platforms::handle(app, request).await,
        Endpoint::Status => status::handle(app, request).await,
        Endpoint::Ping
        | Endpoint::Request
        | Endpoint::Keys
        | Endpoint::CreateKey
        | Endpoint::DeleteKey
        | Endpoint::RotateKey => refusal(ErrorCode::UnknownRoute.into()),
    }
}
