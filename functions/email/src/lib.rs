//! `POST /v1/email`: the e-mail address that one creator shows.
//!
//! It shares the profile with the endpoint of that name: one call to a provider serves both.

use std::sync::Arc;

use lambda_http::Request;
use shared::contract::{EmailData, Reply};
use shared::pipeline::{App, priced};

/// Answers one request.
pub async fn handle(app: Arc<App>, request: Request) -> Reply {
    priced::<EmailData>(&app, &request).await
}
