//! `POST /v1/channel/videos`: the most recent videos of one creator.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ApiError, Asked, ChannelVideosData, Endpoint, Reply, creator_behind, creator_request};
use shared::creator::{Fetched, VideoList};
use shared::pipeline::{App, Priced, priced};
use shared::platform::Link;
use shared::provider::ChannelVideosOf;

struct ChannelVideosEndpoint;

impl Priced for ChannelVideosEndpoint {
    type Question = ChannelVideosOf;
    type Data = ChannelVideosData;

    const ENDPOINT: Endpoint = Endpoint::ChannelVideos;

    fn read(body: &[u8]) -> Result<Asked<ChannelVideosOf>, ApiError> {
        creator_request(body).map(|asked| asked.map(ChannelVideosOf))
    }

    fn behind(link: Link) -> Result<Asked<ChannelVideosOf>, ApiError> {
        creator_behind(link).map(|asked| asked.map(ChannelVideosOf))
    }

    fn data(ChannelVideosOf(creator): ChannelVideosOf, fetched: Fetched<VideoList>) -> ChannelVideosData {
        ChannelVideosData::new(creator, fetched)
    }
}

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<ChannelVideosEndpoint>(&app, &request).await
}
