//! `GET /v1/usage`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use lambda_http::Request;

use super::App;
use super::own::own;
use crate::account::{Account, ApiKey, DayUsage};
use crate::contract::{ApiError, Endpoint, ErrorCode, Query, Reply, UsageData};

/// The default and the maximum number of days.
const DAYS: (usize, usize) = (31, 366);

/// Answers a request for the usage of the caller's account.
pub async fn usage(app: &App, request: &Request) -> Reply {
    own(app, Endpoint::Usage, request, async |key, account| show(app, request, key, account).await).await
}

async fn show(app: &App, request: &Request, key: &ApiKey, account: Account) -> Result<UsageData, ApiError> {
    let query = Query::of(request.uri());
    let days = query.number("days", 1..=DAYS.1)?.unwrap_or(DAYS.0);
    let asked = query.non_blank("key")?;
    let (account, days) =
        if key.is_public() { (account, BTreeMap::new()) } else { used(app, key, account, days).await? };
    if let Some(id) = &asked
        && !app.accounts.has_had_key(key.account(), &account, id).await?
    {
        return Err(ApiError::new(ErrorCode::NotFound, "the account has no key with this id"));
    }
    let prices = app.config.prices.iter().filter(|(endpoint, _)| endpoint.is_priced());
    Ok(UsageData::new(&account, prices.map(|(endpoint, price)| (endpoint, *price)), &days, asked.as_deref()))
}

/// The account and its usage of the last days, as one consistent reading.
async fn used(
    app: &App,
    key: &ApiKey,
    seen: Account,
    days: usize,
) -> Result<(Account, BTreeMap<Date, DayUsage>), ApiError> {
    let today = date_of(app.clock.now());
    let before = i64::try_from(days).unwrap_or(i64::MAX).saturating_sub(1);
    let first = today.checked_sub(before.days()).unwrap_or(Date::MIN);
    app.accounts.usage_since(key.account(), seen, first).await.map_err(ApiError::internal)
}

fn date_of(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}
