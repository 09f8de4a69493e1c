//! Endpoints without a price and without data of the caller: `platforms` and `ping`.

use lambda_http::Request;
use serde::Serialize;

use super::App;
use super::own::own;
use super::source::Source;
use crate::contract::{Endpoint, Reply};

/// Answers a request with `data` for this source of answers.
pub async fn free<D: Serialize>(
    app: &App,
    endpoint: Endpoint,
    request: &Request,
    data: impl FnOnce(&App, Source) -> D,
) -> Reply {
    let data = async |key: &_, _| {
        let source = Source::from(key);
        source.ready(app).await?;
        Ok(data(app, source))
    };
    own(app, endpoint, request, data).await
}
