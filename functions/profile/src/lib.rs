//! `POST /v1/profile`: followers, bio, links and more of one creator.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{ProfileData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<ProfileData>(&app, &request).await
}
