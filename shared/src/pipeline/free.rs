//! Endpoints without a price: admitted and counted like all others.

use lambda_http::Request;
use serde::Serialize;

use super::App;
use super::call::Call;
use super::source::Source;
use crate::contract::{ApiError, Endpoint, Reply, Success};
use crate::dynamodb::counting_calls;

/// Answers a request with what `data` says for this source of answers.
pub async fn free<D: Serialize>(
    app: &App,
    endpoint: Endpoint,
    request: &Request,
    data: impl FnOnce(&App, Source) -> D,
) -> Reply {
    counting_calls(async {
        let mut call = Call::new(app, endpoint, request);
        let outcome = answer(&mut call, request, data).await;
        call.finish(&outcome)
    })
    .await
}

async fn answer<D>(
    call: &mut Call<'_>,
    request: &Request,
    data: impl FnOnce(&App, Source) -> D,
) -> Result<Success<D>, ApiError> {
    let key = call.open(request).await?;
    let source = Source::from(&key);
    call.admit(&key).await?;
    source.ready(call.app).await?;
    Ok(Success::new(data(call.app, source)))
}
