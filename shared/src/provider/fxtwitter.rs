//! fxtwitter's API v2: X without a key. It is open source, so operators can run their own.
//!
//! Source: its OpenAPI document and the code of others. For a post that can't be seen, it returns
//! 404 with a tombstone and the reason, or, like v1, 404 `NOT_FOUND` or 401 `PRIVATE_TWEET`. It
//! requires a user agent, and allows 1,000 requests per minute and address. Older deployments
//! return errors as HTML.

use async_trait::async_trait;

use super::entry::Entry;
use super::http::Api;
use super::json::Json;
use super::{Failure, Provider};
use crate::creator::{Author, Details, Media, MediaKind, PostStats, Unchecked};
use crate::platform::{Claim, Post};

pub(super) const ENTRY: Entry =
    Entry::new("fxtwitter", None, "https://api.fxtwitter.com", |api| Box::new(FxTwitter { api }));

struct FxTwitter {
    api: Api,
}

#[async_trait]
impl Provider for FxTwitter {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.api.get(&format!("/2/status/{}", post.id), &[]).await?;
        if !matches!(reply.status, 200 | 401 | 404) {
            return Err(reply.failure());
        }
        let body = reply.json()?;
        let status = Json::from(&body).at("status");
        match (reply.status, &*Json::from(&body).string("message")) {
            (404, "NOT_FOUND") => return Err(Failure::NotFound),
            (401, "PRIVATE_TWEET") => return Err(Failure::Private),
            (401, _) => return Err(reply.failure()),
            _ => {}
        }
        if status.string("type") == "tombstone" {
            return Err(tombstone(&status.string("reason")));
        }
        let told = PostStats {
            views: status.count("views"),
            likes: status.count("likes"),
            // It reads as a guest, and X sometimes shows no replies to guests.
            comments: status.count("replies").filter(|replies| *replies > 0),
            shares: status.sum(["reposts", "quotes"]),
            details: details(status),
            ..PostStats::default()
        };
        Ok(Unchecked::new(told, [Claim::id(status.string("id"))]))
    }
}

fn details(status: Json<'_>) -> Details {
    let author = status.at("author");
    Details {
        author: Author {
            username: author.non_blank("screen_name"),
            name: author.non_blank("name"),
            id: author.non_blank("id"),
        },
        caption: status.non_blank("text"),
        published_at: status.seconds("created_timestamp"),
        media: media(status),
        saves: status.count("bookmarks"),
        ..Details::default()
    }
}

fn media(status: Json<'_>) -> Media {
    let (videos, photos) = (status.items("media/videos").count(), status.items("media/photos").count());
    let video = status.at("media/videos/0");
    match (videos, photos) {
        (0, 0) => Media::default(),
        (1, 0) => Media {
            kind: Some(MediaKind::Video),
            duration_seconds: video.duration("duration"),
            thumbnail_url: video.address("thumbnail_url"),
        },
        (0, count) => {
            let thumbnail_url = status.address("media/photos/0/url");
            Media { kind: MediaKind::of_pictures(count), thumbnail_url, ..Media::default() }
        }
        _ => Media { kind: Some(MediaKind::Carousel), ..Media::default() },
    }
}

fn tombstone(reason: &str) -> Failure {
    match reason {
        "deleted" => Failure::NotFound,
        "private" => Failure::Private,
        "suspended" => Failure::NotSeen("the account is suspended"),
        _ => Failure::NotSeen("a tombstone"),
    }
}
