//! twitter-api45 on RapidAPI (by alexanderxbx): one flat object per post.
//!
//! Source: a recorded answer (views as a string) and the listing's example, which has no views. For
//! a post that can't be seen, HTTP 200 has no `id`; `error` and `status: "error"` can have many
//! values (from the code of others). An edited post lists its earlier ids in `initial_tweets`.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::Json;
use super::rapidapi::{Product, missing_item};
use super::shape::tweet as graphql;
use super::{Failure, Provider};
use crate::creator::{Author, Details, PostStats, Unchecked};
use crate::platform::{Claim, Post};

pub(super) const ENTRY: Entry = Entry::on_rapidapi("twitter-api45", "https://twitter-api45.p.rapidapi.com", |api| {
    Box::new(TwitterApi45 { api: Product::new(api) })
});

struct TwitterApi45 {
    api: Product,
}

#[async_trait]
impl Provider for TwitterApi45 {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.api.get("/tweet.php", &[("id", &post.id)]).await?;
        let tweet = Json::from(&reply);
        if tweet.is_object() && tweet.lacks("id") && tweet.lacks("likes") {
            let is_error = tweet.string("status") == "error" || tweet.flag("error") == Some(true);
            let silent = if is_error { Failure::unavailable("an error inside") } else { Failure::NotSeen("no post") };
            return Err(missing_item(tweet, silent));
        }
        if tweet.string("status") == "error" || tweet.non_blank("error").is_some() || tweet.at("error").is_object() {
            return Err(Failure::unavailable("an error inside"));
        }
        if tweet.string("text").starts_with("RT @") && tweet.lacks("views") && tweet.count("likes") == Some(0) {
            return Err(Failure::unavailable("a repost without its original"));
        }
        let stats = PostStats {
            views: tweet.count("views"),
            likes: tweet.count("likes"),
            comments: tweet.count("replies"),
            shares: tweet.sum(["retweets", "quotes"]),
            details: details(tweet),
            ..PostStats::default()
        };
        // An edited post has a new id and keeps the old ones.
        let ids = [tweet.at("id")].into_iter().chain(tweet.items("initial_tweets"));
        Ok(Unchecked::new(stats, [Claim::Ids(ids.map(|id| id.string("").into_owned()).collect())]))
    }
}

fn details(tweet: Json<'_>) -> Details {
    let author = tweet.at("author");
    Details {
        author: Author {
            username: author.non_blank("screen_name"),
            name: author.non_blank("name"),
            id: author.non_blank("rest_id"),
        },
        caption: tweet.non_blank("text").map(graphql::unescaped),
        published_at: tweet.moment_as("created_at", graphql::MOMENT),
        media: graphql::media(tweet),
        saves: tweet.count("bookmarks"),
        ..Details::default()
    }
}
