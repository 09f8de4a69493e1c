//! `POST /v1/post/stats`: view, like, comment and share counts of one post.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ApiError, Asked, Endpoint, PostStatsData, Reply, post_behind, post_request};
use shared::creator::{Fetched, PostStats};
use shared::pipeline::{App, Priced, priced};
use shared::platform::Link;
use shared::provider::PostStatsOf;

struct PostStatsEndpoint;

impl Priced for PostStatsEndpoint {
    type Question = PostStatsOf;
    type Data = PostStatsData;

    const ENDPOINT: Endpoint = Endpoint::PostStats;

    fn read(body: &[u8]) -> Result<Asked<PostStatsOf>, ApiError> {
        post_request(body).map(|asked| asked.map(PostStatsOf))
    }

    fn behind(link: Link) -> Result<Asked<PostStatsOf>, ApiError> {
        post_behind(link).map(|asked| asked.map(PostStatsOf))
    }

    fn data(PostStatsOf(post): PostStatsOf, fetched: Fetched<PostStats>) -> PostStatsData {
        PostStatsData::new(post, fetched)
    }
}

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<PostStatsEndpoint>(&app, &request).await
}
