//! The sandbox, which answers test keys: made-up numbers that depend on the id alone, and reserved ids that provoke each error.
//! It needs no internet and no provider key, and costs nothing.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use crate::contract::ErrorCode;
use crate::creator::PostStats;
use crate::platform::{Link, LinkError, Platform, Post, ShortLink};
use crate::provider::{Failure, Provider};

/// Its name, as answers show it.
pub const NAME: &str = "sandbox";

/// What ids end with that provoke an error, or have no counts. The README lists them.
const RESERVED: &[(&str, Reserved)] = &[
    ("0200", Reserved::NoCounts),
    ("0402", Reserved::Error(ErrorCode::InsufficientBalance)),
    ("0404", Reserved::NotFound),
    ("0429", Reserved::Error(ErrorCode::RateLimited)),
    ("1429", Reserved::Error(ErrorCode::TooManyInFlight)),
    ("2429", Reserved::Error(ErrorCode::TooManyFailures)),
    ("0500", Reserved::Error(ErrorCode::Internal)),
    ("0502", Reserved::AllFailed),
];
/// What they begin with: where ids are numbers, and where they are words.
const BEGINNINGS: [&str; 2] = ["900000000000000", "sandbox"];

#[derive(Clone, Copy, Debug)]
enum Reserved {
    NoCounts,
    NotFound,
    AllFailed,
    Error(ErrorCode),
}

fn reserved(id: &str) -> Option<Reserved> {
    // LinkedIn's have their kind before them.
    let id = id.rsplit(':').next().unwrap_or_default();
    let end = BEGINNINGS.iter().find_map(|beginning| id.strip_prefix(beginning))?;
    RESERVED.iter().find(|(reserved, _)| *reserved == end).map(|(_, kind)| *kind)
}

/// The error that asking for this id provokes before any provider is asked.
#[must_use]
pub fn provoked(id: &str) -> Option<ErrorCode> {
    match reserved(id) {
        Some(Reserved::Error(code)) => Some(code),
        _ => None,
    }
}

/// The post that a short link leads to here.
///
/// # Errors
/// None: each of these texts names a post.
pub fn resolve(short: &ShortLink) -> Result<Link, LinkError> {
    let id = 7_000_000_000_000_000_000 + Dice::of(&short.url).number(0, 999_999_999_999);
    let text = match short.platform {
        Platform::Facebook => format!("https://www.facebook.com/reel/{id}"),
        Platform::LinkedIn => format!("urn:li:activity:{id}"),
        _ => id.to_string(),
    };
    crate::platform::parse(&text, Some(short.platform))
}

/// The provider behind test keys.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox;

#[async_trait]
impl Provider for Sandbox {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        match reserved(&post.id) {
            Some(Reserved::NotFound) => Err(Failure::NotFound),
            Some(Reserved::AllFailed) => Err(Failure::unavailable("this id provokes it")),
            Some(Reserved::NoCounts) => Ok(PostStats::default()),
            Some(Reserved::Error(_)) | None => Ok(made_up(post)),
        }
    }
}

/// Counts such as the platform has.
fn made_up(post: &Post) -> PostStats {
    let mut dice = Dice::of(&post.id);
    let views = dice.number(1_000, 5_000_000);
    let likes = views * dice.number(2, 15) / 100;
    let comments = likes * dice.number(1, 8) / 100;
    let shares = likes * dice.number(1, 20) / 100;
    PostStats {
        views: (post.platform != Platform::LinkedIn).then_some(views),
        likes: Some(likes),
        comments: Some(comments),
        shares: (post.platform != Platform::YouTube).then_some(shares),
        ..PostStats::default()
    }
}

/// Numbers that look random and are the same for the same text, on every machine and in every version.
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
