//! Endpoints without a price that need the caller's account. Their requests are admitted and
//! counted like all others.

use lambda_http::Request;
use serde::Serialize;

use super::App;
use super::call::Call;
use crate::account::{Account, ApiKey};
use crate::contract::{ApiError, Endpoint, Reply, Success};
use crate::dynamodb::counting_calls;

/// Answers a request with `data` for this key of this account.
pub(super) async fn own<D: Serialize>(
    app: &App,
    endpoint: Endpoint,
    request: &Request,
    data: impl AsyncFnOnce(&ApiKey, Account) -> Result<D, ApiError>,
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
    data: impl AsyncFnOnce(&ApiKey, Account) -> Result<D, ApiError>,
) -> Result<Success<D>, ApiError> {
    let key = call.open(request).await?;
    let account = call.admit(&key).await?;
    // Boxed, so that the future of a free answer stays small.
    Ok(Success::new(Box::pin(data(&key, account)).await?))
}
