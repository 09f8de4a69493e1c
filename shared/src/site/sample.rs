//! The sandbox's answer without a request to the API: what a page shows before any script asks.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::contract::{
    self, ApiError, Data, ErrorCode, PostStatsData, ProfileData, Receipt, Reply, RequestError, SubjectOf, Success,
};
use crate::creator::Outcome;
use crate::platform::{ShortLink, Subject, Target};
use crate::provider::Question;
use crate::sandbox;

/// The answer of `post/stats` to a test key about this link, or of `profile` to a creator's.
pub async fn sample(link: &str, now: Timestamp) -> Reply {
    match answer::<PostStatsData>(link, now).await {
        Ok(reply) => reply,
        // A link of neither is answered with the form of a post's.
        Err(error) => match answer::<ProfileData>(link, now).await {
            Ok(reply) => reply,
            Err(_) => contract::reply::<()>(&Err(error), &Receipt::new()),
        },
    }
}

async fn answer<D>(link: &str, now: Timestamp) -> Result<Reply, ApiError>
where
    D: Data<Answer: Question>,
{
    let body = json!({ "url": link }).to_string();
    let asked = contract::read::<SubjectOf<D>, D::Options>(body.as_bytes(), Duration::ZERO)?;
    let subject = match asked.target {
        Target::Subject(subject) => subject,
        Target::ShortLink(short) => resolved(&short)?,
    };
    if let Some(code) = sandbox::provoked(subject.id()) {
        return Err(code.into());
    }
    let data = match sandbox::answer::<D::Answer>(&subject, now).await {
        Outcome::Answered(fetched) => D::new(subject.clone(), fetched, asked.options),
        Outcome::NotFound => return Err(ErrorCode::NotFound.into()),
        Outcome::Failed => return Err(ErrorCode::UpstreamFailed.into()),
    };
    let success = Success { platform: Some(subject.platform()), ..Success::new(data) };
    Ok(contract::reply(&Ok(success), &Receipt::new()))
}

fn resolved<S: Subject>(short: &ShortLink) -> Result<S, ApiError> {
    let link = sandbox::resolve(short, S::WANTED).ok_or(ErrorCode::NotFound)?;
    match S::of_link(link).map_err(|error| RequestError::Link { error, wanted: S::WANTED })? {
        Target::Subject(subject) => Ok(subject),
        Target::ShortLink(_) => Err(ErrorCode::NotFound.into()),
    }
}
