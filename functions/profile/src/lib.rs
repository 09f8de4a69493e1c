//! `POST /v1/profile`: followers, bio, links and more of one creator.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ApiError, Asked, Endpoint, ProfileData, Reply, creator_behind, creator_request};
use shared::creator::{Fetched, Profile};
use shared::pipeline::{App, Priced, priced};
use shared::platform::Link;
use shared::provider::ProfileOf;

struct ProfileEndpoint;

impl Priced for ProfileEndpoint {
    type Question = ProfileOf;
    type Data = ProfileData;

    const ENDPOINT: Endpoint = Endpoint::Profile;

    fn read(body: &[u8]) -> Result<Asked<ProfileOf>, ApiError> {
        creator_request(body).map(|asked| asked.map(ProfileOf))
    }

    fn behind(link: Link) -> Result<Asked<ProfileOf>, ApiError> {
        creator_behind(link).map(|asked| asked.map(ProfileOf))
    }

    fn data(ProfileOf(creator): ProfileOf, fetched: Fetched<Profile>) -> ProfileData {
        ProfileData::new(creator, fetched)
    }
}

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<ProfileEndpoint>(&app, &request).await
}
