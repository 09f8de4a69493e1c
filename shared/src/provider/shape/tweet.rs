//! A post as X's GraphQL shows it: `rest_id`, `legacy`, `views`.
//!
//! Rests on recorded answers: `views.count` is a text; posts from before December 2022 have `{"state": "Enabled"}` without one. What
//! can't be seen is `TweetUnavailable` with a reason, or `TweetTombstone` with a text, or nothing at all.

use std::borrow::Cow;

use crate::creator::PostStats;
use crate::provider::Failure;
use crate::provider::json::Json;

/// The post's counts, if `result` is the post of this id.
pub fn post_stats(result: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    let tweet = match &*result.text("__typename") {
        "TweetUnavailable" => return Err(unavailable(&result.text("reason"))),
        "TweetTombstone" => return Err(tombstone(&result.text("tombstone/text/text"))),
        "TweetWithVisibilityResults" => result.at("tweet"),
        _ => result,
    };
    if result.is_empty() {
        return Err(Failure::NotSeen("no post in the answer"));
    }
    if tweet.text("rest_id") != id && !edits(tweet).any(|other| other == id) {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    Ok(counts(counted(tweet).ok_or_else(|| Failure::unavailable("a repost without its original"))?))
}

/// The other ids of an edited post: each edit has a new one. The first one's are beside it, a later one's within.
fn edits(tweet: Json<'_>) -> impl Iterator<Item = Cow<'_, str>> {
    let control = tweet.at("edit_control");
    let lists = ["edit_tweet_ids", "edit_control_initial/edit_tweet_ids"];
    let listed = lists.into_iter().flat_map(move |path| control.items(path)).map(|other| other.text(""));
    listed.chain([control.text("initial_tweet_id")])
}

/// A plain repost has no counts of its own but zeros: X shows those of what it repeats.
fn counted(tweet: Json<'_>) -> Option<Json<'_>> {
    let legacy = tweet.at("legacy");
    // What somebody typed like one has counts of its own.
    let has_none = || legacy.count("favorite_count").unwrap_or(0) == 0 && views(tweet).is_none();
    let repeated = ["retweeted_status_result", "retweeted_status_results"].into_iter().find(|path| !legacy.lacks(path));
    let is_repost = repeated.is_some() || (legacy.text("full_text").starts_with("RT @") && has_none());
    if !is_repost {
        return Some(tweet);
    }
    let original = legacy.at(repeated?).at("result");
    let original = if original.at("tweet").is_object() { original.at("tweet") } else { original };
    original.at("legacy").is_object().then_some(original)
}

/// X's telephones get the count under another name.
fn views(tweet: Json<'_>) -> Option<u64> {
    tweet.count("views/count").or_else(|| tweet.count("view_count_info/count"))
}

fn counts(tweet: Json<'_>) -> PostStats {
    let legacy = tweet.at("legacy");
    PostStats {
        views: views(tweet),
        likes: legacy.count("favorite_count"),
        comments: legacy.count("reply_count"),
        shares: legacy.sum(["retweet_count", "quote_count"]),
        viewless: tweet.text("views/state") == "Enabled"
            && views(tweet).is_none()
            && tweet.at("views/count").is_empty(),
        ..PostStats::default()
    }
}

/// A suspended account may come back.
fn unavailable(reason: &str) -> Failure {
    match reason {
        "Deleted" => Failure::NotFound,
        "Protected" => Failure::Private,
        "Suspended" => Failure::NotSeen("the account is suspended"),
        // It is there, for those whom X lets in.
        reason if reason.starts_with("Nsfw") => Failure::unavailable("hidden from who isn't logged in"),
        _ => Failure::NotSeen("unavailable"),
    }
}

/// Without a text it may be hidden for its age limit.
fn tombstone(text: &str) -> Failure {
    if text.contains("deleted by") { Failure::NotFound } else { Failure::NotSeen("a tombstone") }
}
