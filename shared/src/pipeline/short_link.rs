//! Requests whose link is a short one: where it leads is asked once a day, for all.

use serde::{Deserialize, Serialize};

use super::Priced;
use super::call::Call;
use super::store;
use crate::account::Mode;
use crate::cache::{CacheKey, Entered};
use crate::contract::{ApiError, Asked, ErrorCode};
use crate::platform::{CREATOR, Link, POST, ShortLink};
use crate::provider::{Operation, Question};
use crate::sandbox;
use crate::short_link::Unresolved;

/// Where a short link leads, as cached.
#[derive(Serialize, Deserialize)]
enum Resolution {
    To(Link),
    Elsewhere(String),
    NoAnswer,
}

/// What the subject behind a short link is.
pub(super) async fn resolve<E: Priced>(
    call: &Call<'_>,
    mode: Mode,
    short: &ShortLink,
) -> Result<E::Question, ApiError> {
    let wants_creator = E::Question::OPERATION != Operation::PostStats;
    let resolution = match mode {
        Mode::Test => Resolution::To(sandbox::resolve(short, wants_creator).map_err(ApiError::internal)?),
        Mode::Live => follow(call, short).await?,
    };
    let link = match resolution {
        Resolution::To(link) => link,
        Resolution::Elsewhere(place) => {
            let wanted = if wants_creator { CREATOR } else { POST };
            let message = format!("Bad request — this short link leads {place}; send the link of {wanted}");
            return Err(ApiError::new(ErrorCode::InvalidLink, message));
        }
        Resolution::NoAnswer => {
            let message = "Upstream provider error — the platform did not resolve this short link; send the link that it leads to";
            return Err(ApiError::new(ErrorCode::UpstreamFailed, message));
        }
    };
    match E::behind(link)? {
        Asked::For(question) => Ok(question),
        Asked::Behind(_) => Err(ApiError::internal("a short link was resolved to a short link")),
    }
}

/// Asks the platform where a short link leads, once for all who ask at the same time, and once a day.
async fn follow(call: &Call<'_>, short: &ShortLink) -> Result<Resolution, ApiError> {
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
