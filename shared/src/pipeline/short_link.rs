//! Requests with a short link: its target is resolved once a day, for all callers.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{buy, store};
use crate::account::{ApiKey, Cause, Held, HoldError};
use crate::cache::{CacheKey, Entered, Found, Kept};
use crate::contract::{ApiError, ErrorCode};
use crate::platform::{Link, ShortLink, Wanted};
use crate::short_link::ResolveError;

/// The target of a short link, as cached.
#[derive(Serialize, Deserialize)]
enum Resolution {
    To(Link),
    Elsewhere(String),
    NoAnswer,
}

/// Resolves a short link.
pub(super) async fn follow(
    call: &mut Call<'_>,
    key: &ApiKey,
    short: &ShortLink,
    wanted: Wanted,
) -> Result<Link, ApiError> {
    let resolution = ask(call, key, short, wanted).await?;
    link_of(call, resolution, wanted)
}

/// The cached target of a short link; `None` if it isn't cached.
pub(super) fn known(
    call: &Call<'_>,
    found: &Found,
    short: &ShortLink,
    wanted: Wanted,
) -> Option<Result<Link, ApiError>> {
    found.get::<Resolution>(&entry(short)).map(|kept| link_of(call, kept.value, wanted))
}

/// The cache key of a short link.
pub(super) fn entry(short: &ShortLink) -> CacheKey {
    CacheKey::new(&["short_link", &short.url])
}

fn link_of(call: &Call<'_>, resolution: Resolution, wanted: Wanted) -> Result<Link, ApiError> {
    match resolution {
        Resolution::To(link) => Ok(link),
        Resolution::Elsewhere(place) => {
            let message = format!("this short link leads {place}; send the link of {wanted}");
            Err(ApiError::new(ErrorCode::InvalidLink, message))
        }
        Resolution::NoAnswer => {
            let message = "the platform did not resolve this short link; send the link that it leads to";
            let ApiError { retry_after, .. } = call.upstream_failed(None);
            Err(ApiError { retry_after, ..ApiError::new(ErrorCode::UpstreamFailed, message) })
        }
    }
}

/// Asks the platform, once for all simultaneous callers and once a day. The price is held
/// meanwhile, so an account without money can't cause requests. A link that leads nowhere, or to a
/// wrong page, counts as a free failure.
async fn ask(call: &mut Call<'_>, key: &ApiKey, short: &ShortLink, wanted: Wanted) -> Result<Resolution, ApiError> {
    let app = call.app;
    let entry = entry(short);
    if let Some(Kept { value: resolution, .. }) = app.cache.look(&entry).await? {
        return Ok(resolution);
    }
    let lease = match app.cache.enter(&entry, call.deadline(), None).await? {
        Entered::Hit(kept) => return Ok(kept.value),
        Entered::Leased(lease) => lease,
    };
    let (held, followed) = match lease.keep(hold_and_follow(call, key, short)).await {
        Ok(followed) => followed,
        Err(refusal) => {
            buy::end(&lease).await;
            return Err(call.not_held(refusal));
        }
    };
    let lifetimes = &app.config.cache;
    let (resolution, lifetime, cause) = match followed {
        Ok(link) => {
            let cause = if wanted.is(&link) { Cause::GoesOn } else { Cause::Subject };
            (Resolution::To(link), lifetimes.short_link, cause)
        }
        Err(error) => {
            tracing::info!(request_id = call.receipt.request_id, link = short.url, %error, "short link");
            match error {
                ResolveError::LeadsElsewhere(place) => {
                    (Resolution::Elsewhere(place), lifetimes.not_found, Cause::Subject)
                }
                ResolveError::NoAnswer(_) => (Resolution::NoAnswer, lifetimes.failure, Cause::Service),
            }
        }
    };
    tokio::join!(store(&lease, &resolution, lifetime), buy::give_back(call, key.account(), &held, cause));
    Ok(resolution)
}

async fn hold_and_follow(
    call: &Call<'_>,
    key: &ApiKey,
    short: &ShortLink,
) -> Result<(Held, Result<Link, ResolveError>), HoldError> {
    let app = call.app;
    let price = app.config.prices[call.endpoint];
    // The hold for the answer has the request's id, so this hold needs another name.
    let name: String = call.receipt.request_id.chars().rev().collect();
    let held = call.hold(key, &name, price).await?;
    Ok((held, app.short_links.resolve(short).await))
}
