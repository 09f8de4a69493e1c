//! `POST /v1/median-views`: how often the recent videos of one creator are usually seen.
//!
//! It shares the list with channel/videos: one call to a provider serves both.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ApiError, Asked, Endpoint, MedianViewsData, Reply, creator_behind, creator_request};
use shared::creator::{Fetched, VideoList};
use shared::pipeline::{App, Priced, priced};
use shared::platform::Link;
use shared::provider::ChannelVideosOf;

struct MedianViewsEndpoint;

impl Priced for MedianViewsEndpoint {
    type Question = ChannelVideosOf;
    type Data = MedianViewsData;

    const ENDPOINT: Endpoint = Endpoint::MedianViews;

    fn read(body: &[u8]) -> Result<Asked<ChannelVideosOf>, ApiError> {
        creator_request(body).map(|asked| asked.map(ChannelVideosOf))
    }

    fn behind(link: Link) -> Result<Asked<ChannelVideosOf>, ApiError> {
        creator_behind(link).map(|asked| asked.map(ChannelVideosOf))
    }

    fn data(ChannelVideosOf(creator): ChannelVideosOf, fetched: Fetched<VideoList>) -> MedianViewsData {
        MedianViewsData::new(creator, fetched)
    }
}

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<MedianViewsEndpoint>(&app, &request).await
}
