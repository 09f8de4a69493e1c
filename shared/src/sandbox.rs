//! The sandbox, which answers test keys: made-up answers that depend only on the id, and reserved
//! ids that trigger each error. It needs no internet and no provider key, and is free.

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::contract::ErrorCode;
use crate::creator::{
    Answer, Author, Details, Fetched, MAX_VIDEOS, Media, MediaKind, Outcome, PostStats, Profile, Unchecked, Video,
    VideoList,
};
use crate::platform::{Creator, CreatorKind, Link, Platform, Post, ShortLink, Wanted, by_name};
use crate::provider::{Failure, Provider, Question};

/// The publication of the newest post, in seconds since 1970: 21 September 2026.
const NEWEST: i64 = 1_790_000_000;
/// The registration of creators, in seconds since 1970: 13 September 2020.
const JOINED: i64 = 1_600_000_000;
const DAY: i64 = 86_400;
/// Its name in answers.
const NAME: &str = "sandbox";

/// The ends of ids that trigger an error, or have no counts. docs/api.md lists them.
const RESERVED: &[(&str, Reserved)] = &[
    ("0200", Reserved::NoCounts),
    ("0402", Reserved::Error(ErrorCode::InsufficientBalance)),
    ("0403", Reserved::Error(ErrorCode::KeyNotAllowed)),
    ("1403", Reserved::Error(ErrorCode::KeyBudgetExceeded)),
    ("0404", Reserved::NotFound),
    ("0409", Reserved::Error(ErrorCode::LastKey)),
    ("1409", Reserved::Error(ErrorCode::NameTaken)),
    ("2409", Reserved::Error(ErrorCode::TooManyKeys)),
    ("3409", Reserved::Error(ErrorCode::AlreadyRotated)),
    ("0429", Reserved::Error(ErrorCode::RateLimited)),
    ("1429", Reserved::Error(ErrorCode::TooManyInFlight)),
    ("2429", Reserved::Error(ErrorCode::TooManyFailures)),
    ("0500", Reserved::Error(ErrorCode::Internal)),
    ("0502", Reserved::Error(ErrorCode::UpstreamFailed)),
];
/// The beginnings of reserved ids: for ids that are numbers, and for ids that are words.
const BEGINNINGS: [&str; 2] = ["900000000000000", "sandbox"];

#[derive(Clone, Copy, Debug)]
enum Reserved {
    NoCounts,
    NotFound,
    Error(ErrorCode),
}

fn reserved(id: &str) -> Option<Reserved> {
    let end = BEGINNINGS.iter().find_map(|beginning| id.strip_prefix(beginning))?;
    RESERVED.iter().find(|(reserved, _)| *reserved == end).map(|(_, kind)| *kind)
}

/// The error that this id triggers before any provider is asked.
#[must_use]
pub fn provoked(id: &str) -> Option<ErrorCode> {
    match reserved(id) {
        Some(Reserved::Error(code)) => Some(code),
        _ => None,
    }
}

/// The made-up target of a short link: a post, or a creator if the endpoint needs one; `None` if
/// the platform has none.
#[must_use]
pub fn resolve(short: &ShortLink, wanted: Wanted) -> Option<Link> {
    match wanted {
        Wanted::Creator => by_name(short.platform, "some_one").ok(),
        Wanted::Post => short.platform.made_up_post("", number_of(&short.url)).map(Link::Post),
    }
}

/// The made-up answer about this subject. It isn't checked, because a caller can ask for an empty
/// one.
pub async fn answer<Q: Question>(subject: &Q::Subject, now: Timestamp) -> Outcome<Q> {
    match Q::ask(&Sandbox, subject).await.map(Unchecked::without_check) {
        Ok(value) => Outcome::Answered(Fetched::new(value, NAME, now)),
        Err(Failure::NotFound) => Outcome::NotFound,
        Err(_) => Outcome::Failed,
    }
}

/// The provider for test keys.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox;

#[async_trait]
impl Provider for Sandbox {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        made_up(&post.id, PostStats::default, || post_stats(post))
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let unknown = || Profile { username: creator.id.clone(), ..Profile::default() };
        made_up(&creator.id, unknown, || profile(creator))
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        made_up(&creator.id, VideoList::proved_empty, || VideoList::recent(username(creator), videos(creator)))
    }
}

fn made_up<A: Answer>(
    id: &str,
    unknown: impl FnOnce() -> A,
    make_up: impl FnOnce() -> A,
) -> Result<Unchecked<A>, Failure> {
    let answer = match reserved(id) {
        Some(Reserved::NotFound) => return Err(Failure::NotFound),
        Some(Reserved::NoCounts) => unknown(),
        Some(Reserved::Error(_)) | None => make_up(),
    };
    Ok(Unchecked::new(answer, []))
}

fn profile(creator: &Creator) -> Profile {
    let mut dice = Dice::of(&creator.id);
    Profile {
        username: username(creator).unwrap_or_else(|| creator.id.clone()),
        full_name: Some("Some One".to_owned()),
        bio: Some("I am made up. Business: contact@example.com".to_owned()),
        profile_pic_url: Some("https://example.com/some-one.jpg".to_owned()),
        followers: Some(dice.number(1_000, 20_000_000)),
        following: creator.platform.shows_following().then(|| dice.number(0, 2_000)),
        posts_count: Some(dice.number(20, 3_000)),
        is_verified: creator.platform.shows_following().then(|| dice.number(0, 1) == 1),
        external_url: Some("https://example.com/some-one".to_owned()),
        id: Some(id_of(creator)),
        created_at: Timestamp::from_second(JOINED).ok(),
        ..Profile::default()
    }
}

/// The name of a creator who is requested by id.
fn username(creator: &Creator) -> Option<String> {
    (creator.kind == CreatorKind::Id).then(|| "some_one".to_owned())
}

fn id_of(creator: &Creator) -> String {
    match (creator.kind, creator.platform) {
        (CreatorKind::Id, _) => creator.id.clone(),
        (_, Platform::YouTube) => format!("UC{:022}", number_of(&creator.id)),
        _ => number_of(&creator.id).to_string(),
    }
}

fn post_stats(post: &Post) -> PostStats {
    let mut dice = Dice::of(&format!("{}/details", post.id));
    let author = Author { username: Some("some_one".to_owned()), name: Some("Some One".to_owned()), id: None };
    let details = Details {
        author,
        caption: Some("a made-up post".to_owned()),
        published_at: Timestamp::from_second(NEWEST).ok(),
        media: media(post.platform, &post.id),
        saves: post.platform.shows_shares().then(|| dice.number(0, 10_000)),
        is_paid_partnership: Some(dice.number(0, 1) == 1),
        co_authors: Some(Vec::new()),
    };
    PostStats { details, ..stats(post.platform, &post.id) }
}

fn media(platform: Platform, id: &str) -> Media {
    if !platform.shows_views() {
        return Media { kind: Some(MediaKind::Text), ..Media::default() };
    }
    Media {
        kind: Some(MediaKind::Video),
        duration_seconds: Some(Dice::of(id).number(5, 180)),
        thumbnail_url: Some("https://example.com/some-post.jpg".to_owned()),
    }
}

/// The time between two posts: a day.
fn videos(creator: &Creator) -> Vec<Video> {
    let video = |place: usize| {
        let number = number_of(&format!("{}/{place}", creator.id));
        let post = creator.platform.made_up_post(&creator.id, number)?;
        Some(Video {
            stats: stats(creator.platform, &post.id),
            description: Some(format!("made-up video {}", MAX_VIDEOS - place)),
            created_at: Timestamp::from_second(NEWEST - DAY * i64::try_from(place).ok()?).ok(),
            media: media(creator.platform, &post.id),
            id: post.id,
            url: post.url,
            ..Video::default()
        })
    };
    (0..MAX_VIDEOS).filter_map(video).collect()
}

/// A number of 19 digits, like an id.
fn number_of(text: &str) -> u64 {
    7_000_000_000_000_000_000 + Dice::of(text).number(0, 999_999_999_999)
}

/// The platform's usual counts.
fn stats(platform: Platform, id: &str) -> PostStats {
    let mut dice = Dice::of(id);
    let views = dice.number(1_000, 5_000_000);
    let likes = views * dice.number(2, 15) / 100;
    let comments = likes * dice.number(1, 8) / 100;
    let shares = likes * dice.number(1, 20) / 100;
    PostStats {
        views: platform.shows_views().then_some(views),
        likes: Some(likes),
        comments: Some(comments),
        shares: platform.shows_shares().then_some(shares),
        ..PostStats::default()
    }
}

/// Numbers that look random, but are equal for equal strings, on every machine and in every
/// version.
struct Dice {
    bytes: [u8; 32],
    thrown: usize,
}

impl Dice {
    fn of(text: &str) -> Self {
        Self { bytes: Sha256::digest(text).into(), thrown: 0 }
    }

    /// A number from `least` to `most`; four times at most.
    fn number(&mut self, least: u64, most: u64) -> u64 {
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.bytes[self.thrown * 8..][..8]);
        self.thrown += 1;
        least + u64::from_be_bytes(eight) % (most - least + 1)
    }
}
