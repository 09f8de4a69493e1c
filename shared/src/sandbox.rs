//! The sandbox, which answers test keys: made-up numbers that depend on the id alone, and reserved ids that provoke each error.
//! It needs no internet and no provider key, and costs nothing.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use crate::contract::ErrorCode;
use crate::creator::PostStats;
use crate::platform::{Link, LinkError, Platform, Post, ShortLink};
use crate::provider::{Failure, Operation, Provider};

/// Its name, as answers show it.
pub const NAME: &str = "sandbox";

/// Ids that provoke an error, and the post whose counts are unknown. The README lists them.
const RESERVED: &[(&str, Reserved)] = &[
    ("9000000000000000200", Reserved::NoCounts),
    ("9000000000000000402", Reserved::Error(ErrorCode::InsufficientBalance)),
    ("9000000000000000404", Reserved::NotFound),
    ("9000000000000000429", Reserved::Error(ErrorCode::RateLimited)),
    ("9000000000000001429", Reserved::Error(ErrorCode::TooManyInFlight)),
    ("9000000000000002429", Reserved::Error(ErrorCode::TooManyFailures)),
    ("9000000000000000500", Reserved::Error(ErrorCode::Internal)),
    ("9000000000000000502", Reserved::AllFailed),
];

/// Whether the sandbox answers this.
#[must_use]
pub const fn can(platform: Platform, operation: Operation) -> bool {
    matches!((platform, operation), (Platform::TikTok, Operation::PostStats))
}

#[derive(Clone, Copy, Debug)]
enum Reserved {
    NoCounts,
    NotFound,
    AllFailed,
    Error(ErrorCode),
}

fn reserved(id: &str) -> Option<Reserved> {
    RESERVED.iter().find(|(reserved, _)| *reserved == id).map(|(_, kind)| *kind)
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
/// Where a platform's posts aren't known by a number alone.
pub fn resolve(short: &ShortLink) -> Result<Link, LinkError> {
    let id = 7_000_000_000_000_000_000 + Dice::of(&short.url).number(0, 999_999_999_999);
    crate::platform::parse(&id.to_string(), Some(short.platform))
}

/// The provider behind test keys.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox;

#[async_trait]
impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        match reserved(&post.id) {
            Some(Reserved::NotFound) => Err(Failure::NotFound),
            Some(Reserved::AllFailed) => Err(Failure::unavailable("this id provokes it")),
            Some(Reserved::NoCounts) => Ok(PostStats::default()),
            Some(Reserved::Error(_)) | None => Ok(made_up(&post.id)),
        }
    }
}

fn made_up(id: &str) -> PostStats {
    let mut dice = Dice::of(id);
    let views = dice.number(1_000, 5_000_000);
    let likes = views * dice.number(2, 15) / 100;
    PostStats {
        url: None,
        views: Some(views),
        likes: Some(likes),
        comments: Some(likes * dice.number(1, 8) / 100),
        shares: Some(likes * dice.number(1, 20) / 100),
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
