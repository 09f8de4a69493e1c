//! Asks one provider one question, and finds what each endpoint would show of the answer.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::value::{RawValue, to_raw_value};
use shared::clock::Clock;
use shared::contract::{
    ChannelVideosData, Data, EmailData, Endpoint, MedianViewsData, PostStatsData, ProfileData, SubjectOf,
};
use shared::creator::{Fetched, PostStats, Profile, VideoList};
use shared::platform::{Creator, IdKind};
use shared::provider::{self, Alone, Failure, UserIds};

use super::fields::{self, Field};
use super::subjects::Question;

pub struct Word {
    pub latency: Duration,
    pub result: Result<Answered, Failure>,
}

/// A provider's answer.
pub struct Answered {
    /// Whether the answer is complete, so that no other provider would be asked.
    pub is_complete: bool,
    pub shown: Vec<Shown>,
}

/// The part of an answer that one endpoint shows.
pub struct Shown {
    pub endpoint: Endpoint,
    pub fields: Vec<Field>,
    pub data: Box<RawValue>,
}

/// A memory of ids that is always empty, so that each check sends all requests that a provider
/// needs.
pub struct Forgetful;

#[async_trait]
impl UserIds for Forgetful {
    async fn recall(&self, _: &Creator, _: IdKind) -> Option<String> {
        None
    }

    async fn remember(&self, _: &Creator, _: IdKind, _: &str) {}
}

pub async fn ask(provider: &Alone, question: &Question, longest: Duration) -> serde_json::Result<Word> {
    match question {
        Question::PostStats(post) => put::<PostStats>(provider, post, longest).await,
        Question::Profile(creator) => put::<Profile>(provider, creator, longest).await,
        Question::ChannelVideos(creator) => put::<VideoList>(provider, creator, longest).await,
    }
}

/// The fields of an answer, for each endpoint that uses the operation.
trait Shows: provider::Question {
    fn shown(subject: &Self::Subject, fetched: Fetched<Self>) -> serde_json::Result<Vec<Shown>>;
}

impl Shows for PostStats {
    fn shown(subject: &Self::Subject, fetched: Fetched<Self>) -> serde_json::Result<Vec<Shown>> {
        Ok(vec![shown::<PostStatsData>(subject, fetched)?])
    }
}

impl Shows for Profile {
    fn shown(subject: &Self::Subject, fetched: Fetched<Self>) -> serde_json::Result<Vec<Shown>> {
        Ok(vec![shown::<ProfileData>(subject, fetched.clone())?, shown::<EmailData>(subject, fetched)?])
    }
}

impl Shows for VideoList {
    fn shown(subject: &Self::Subject, fetched: Fetched<Self>) -> serde_json::Result<Vec<Shown>> {
        Ok(vec![shown::<ChannelVideosData>(subject, fetched.clone())?, shown::<MedianViewsData>(subject, fetched)?])
    }
}

fn shown<D: Data>(subject: &SubjectOf<D>, fetched: Fetched<D::Answer>) -> serde_json::Result<Shown> {
    let data = to_raw_value(&D::new(subject.clone(), fetched, D::Options::default()))?;
    Ok(Shown { endpoint: D::ENDPOINT, fields: fields::of(data.get())?, data })
}

async fn put<Q: Shows>(provider: &Alone, subject: &Q::Subject, longest: Duration) -> serde_json::Result<Word> {
    let started = Instant::now();
    let answer = provider.ask::<Q>(subject, longest, &Clock::system()).await;
    let latency = started.elapsed();
    let result = match answer {
        Ok(fetched) => {
            Ok(Answered { is_complete: fetched.value.is_complete(subject), shown: Q::shown(subject, fetched)? })
        }
        Err(failure) => Err(failure),
    };
    Ok(Word { latency, result })
}
