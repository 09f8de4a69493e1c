//! X's own API v2: licensed, and paid per post read.
//!
//! Source: its documentation and recorded errors. Without `tweet.fields` there are no counts. A
//! deleted post is 404, or HTTP 200 with `errors` and no `data`; 402 `CreditsDepleted` means that
//! the credits are used up. `retweet_count` excludes quotes.

use std::time::Duration;

use async_trait::async_trait;

use super::entry::{Entry, Key};
use super::http::{Api, HttpReply};
use super::json::Json;
use super::shape::tweet;
use super::{Failure, Provider};
use crate::creator::{Author, Details, PostStats, Unchecked};
use crate::platform::{Claim, Post, twitter};

pub(super) const ENTRY: Entry = Entry::new("x-api", Some(Key::X), "https://api.x.com", |api| Box::new(XApi { api }));

/// Its rate limits have windows of 15 minutes.
const BURST_REST: Duration = Duration::from_mins(1);

struct XApi {
    api: Api,
}

#[async_trait]
impl Provider for XApi {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let query = [("tweet.fields", "public_metrics,edit_history_tweet_ids,referenced_tweets,author_id,created_at")];
        let reply = self.api.get(&format!("/2/tweets/{}", post.id), &query).await?;
        if reply.status != 200 {
            return Err(refusal(&reply, &post.id));
        }
        let body = reply.json()?;
        let body = Json::from(&body);
        let data = body.at("data");
        if !data.is_object() {
            return Err(problem(body, &post.id));
        }
        if data.items("referenced_tweets").any(|other| other.string("type") == "retweeted") {
            // A repost's own counts are zeros, because X shows the original's counts.
            return Err(Failure::unavailable("a repost without its original"));
        }
        let metrics = data.at("public_metrics");
        // X didn't count views then, and returns zero.
        let viewless = twitter::is_before_view_counts(&post.id) && metrics.count("impression_count") == Some(0);
        let stats = PostStats {
            views: metrics.count("impression_count").filter(|_| !viewless),
            likes: metrics.count("like_count"),
            comments: metrics.count("reply_count"),
            shares: metrics.sum(["retweet_count", "quote_count"]),
            viewless,
            details: details(data),
            ..PostStats::default()
        };
        let ids = [data.at("id")].into_iter().chain(data.items("edit_history_tweet_ids"));
        Ok(Unchecked::new(stats, [Claim::Ids(ids.map(|id| id.string("").into_owned()).collect())]))
    }
}

/// The author's name is left out, because it is in a separate object that costs extra.
fn details(data: Json<'_>) -> Details {
    Details {
        author: Author { id: data.non_blank("author_id"), ..Author::default() },
        caption: data.non_blank("text").map(tweet::unescaped),
        published_at: data.moment("created_at"),
        saves: data.count("public_metrics/bookmark_count"),
        ..Details::default()
    }
}

fn refusal(reply: &HttpReply, id: &str) -> Failure {
    let told = || reply.json().map_or_else(|error| error, |body| problem(Json::from(&body), id));
    match reply.status {
        401 => Failure::KeyRefused,
        402 => Failure::OutOfQuota,
        // A response about a protected post says nothing about the key.
        403 => Some(told()).filter(|told| matches!(told, Failure::NotSeen(_))).unwrap_or(Failure::KeyRefused),
        404 => told(),
        429 if reply.text().contains("/usage-capped") => Failure::OutOfQuota,
        429 => Failure::RateLimited { retry_after: Some(BURST_REST) },
        _ => reply.failure(),
    }
}

/// The failure in the place of the post with this id. Its type is an address that ends with the
/// type's name.
fn problem(body: Json<'_>, id: &str) -> Failure {
    let is_about_it = |error: &Json<'_>| error.lacks("resource_id") || error.string("resource_id") == id;
    let kinds = || body.items("errors").chain([body]).filter(is_about_it).map(|error| error.string("type"));
    let is = |name| kinds().any(|kind| kind.ends_with(name));
    if is("/resource-not-found") {
        Failure::NotFound
    } else if is("/not-authorized-for-resource") {
        Failure::NotSeen("not authorized")
    } else {
        Failure::unavailable("neither a post nor a known problem")
    }
}
