//! `POST /v1/email`: the e-mail address that one creator shows.
//!
//! It shares the cached profile with `/v1/profile`: one call to a provider is enough for both.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{EmailData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<EmailData>(&app, &request).await
}
