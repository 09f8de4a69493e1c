//! Requests whose link is a short one: where it leads is asked once a day, for all.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::store;
use crate::cache::{CacheKey, Entered};
use crate::contract::{ApiError, ErrorCode};
use crate::platform::{Link, ShortLink, Wanted};
use crate::short_link::Unresolved;

/// Where a short link leads, as cached.
#[derive(Serialize, Deserialize)]
enum Resolution {
    To(Link),
    Elsewhere(String),
    NoAnswer,
}

/// Where a short link leads.
pub(super) async fn follow(call: &Call<'_>, short: &ShortLink, wanted: Wanted) -> Result<Link, ApiError> {
    match ask(call, short).await? {
        Resolution::To(link) => Ok(link),
        Resolution::Elsewhere(place) => {
            let message = format!("this short link leads {place}; send the link of {wanted}");
            Err(ApiError::new(ErrorCode::InvalidLink, message))
        }
        Resolution::NoAnswer => {
            let message = "the platform did not resolve this short link; send the link that it leads to";
            Err(ApiError::new(ErrorCode::UpstreamFailed, message))
        }
    }
}

/// Asks the platform, once for all who ask at the same time, and once a day.
async fn ask(call: &Call<'_>, short: &ShortLink) -> Result<Resolution, ApiError> {
    let app = call.app;
    let key = CacheKey::new(&["short_link", &short.url]);
    if let Some(resolution) = app.cache.look(&key).await? {
        return Ok(resolution);
    }
    let lease = match app.cache.enter(&key, call.deadline()).await? {
        Entered::Hit(resolution) => return Ok(resolution),
        Entered::Leased(lease) => lease,
    };
    let lifetimes = &app.config.cache;
    let (resolution, lifetime) = match lease.keep(app.short_links.resolve(short)).await {
        Ok(link) => (Resolution::To(link), lifetimes.short_link),
        Err(error) => {
            tracing::info!(request_id = call.receipt.request_id, link = short.url, %error, "short link");
            match error {
                Unresolved::LeadsElsewhere(place) => (Resolution::Elsewhere(place), lifetimes.not_found),
                Unresolved::NoAnswer(_) => (Resolution::NoAnswer, lifetimes.failure),
            }
        }
    };
    store(lease, &resolution, lifetime).await;
    Ok(resolution)
}
