//! `POST /v1/email`: the e-mail address that one creator shows.
//!
//! It shares the profile with the endpoint of that name: one call to a provider serves both.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ApiError, Asked, EmailData, Endpoint, Reply, creator_behind, creator_request};
use shared::creator::{Fetched, Profile};
use shared::pipeline::{App, Priced, priced};
use shared::platform::Link;
use shared::provider::ProfileOf;

struct EmailEndpoint;

impl Priced for EmailEndpoint {
    type Question = ProfileOf;
    type Data = EmailData;

    const ENDPOINT: Endpoint = Endpoint::Email;

    fn read(body: &[u8]) -> Result<Asked<ProfileOf>, ApiError> {
        creator_request(body).map(|asked| asked.map(ProfileOf))
    }

    fn behind(link: Link) -> Result<Asked<ProfileOf>, ApiError> {
        creator_behind(link).map(|asked| asked.map(ProfileOf))
    }

    fn data(ProfileOf(creator): ProfileOf, fetched: Fetched<Profile>) -> EmailData {
        EmailData::new(creator, fetched)
    }
}

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<EmailEndpoint>(&app, &request).await
}
