//! A post in the shape of X's GraphQL: `rest_id`, `legacy`, `views`.
//!
//! Source: recorded answers. `views.count` is a string; posts from before December 2022 have
//! `{"state": "Enabled"}` without a count. A post that can't be seen is `TweetUnavailable` with a
//! reason, or `TweetTombstone` with a text, or is missing.

use crate::creator::{Author, Details, Media, MediaKind, PostStats, Unchecked};
use crate::platform::Claim;
use crate::provider::Failure;
use crate::provider::json::Json;

/// X's format of times.
pub const MOMENT: &str = "%a %b %d %H:%M:%S %z %Y";

/// The post in `result`.
///
/// # Errors
/// The failure that is returned instead of the post.
pub fn post_stats(result: Json<'_>) -> Result<Unchecked<PostStats>, Failure> {
    let tweet = match &*result.string("__typename") {
        "TweetUnavailable" => return Err(unavailable(&result.string("reason"))),
        "TweetTombstone" => return Err(tombstone(&result.string("tombstone/text/text"))),
        "TweetWithVisibilityResults" => result.at("tweet"),
        _ => result,
    };
    if result.is_empty() {
        return Err(Failure::NotSeen("no post in the answer"));
    }
    let counted = counted(tweet).ok_or_else(|| Failure::unavailable("a repost without its original"))?;
    Ok(Unchecked::new(PostStats { details: details(tweet, counted), ..counts(counted) }, [ids(tweet)]))
}

/// Its id and, for an edited post, the ids of all versions: each edit has a new id. The first
/// version has the list in `edit_control`, a later version in `edit_control_initial` there.
fn ids(tweet: Json<'_>) -> Claim {
    let control = tweet.at("edit_control");
    let lists = ["edit_tweet_ids", "edit_control_initial/edit_tweet_ids"];
    let listed = lists.into_iter().flat_map(move |path| control.items(path)).map(|other| other.string(""));
    let all = [tweet.string("rest_id"), control.string("initial_tweet_id")].into_iter().chain(listed);
    Claim::Ids(all.map(std::borrow::Cow::into_owned).collect())
}

/// The details. For a repost, the author and the time are the repost's; all other details are the
/// original's, as X shows them.
fn details(tweet: Json<'_>, shown: Json<'_>) -> Details {
    let legacy = shown.at("legacy");
    Details {
        author: author(tweet.at("core/user_results/result")),
        caption: shown
            .non_blank("note_tweet/note_tweet_results/result/text")
            .or_else(|| legacy.non_blank("full_text"))
            .map(unescaped),
        published_at: tweet.moment_as("legacy/created_at", MOMENT),
        media: media(legacy),
        saves: legacy.count("bookmark_count"),
        ..Details::default()
    }
}

/// A post's text as X shows it. X's responses escape these three characters.
#[must_use]
pub fn unescaped(text: String) -> String {
    if text.contains('&') { text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") } else { text }
}

/// The names moved from `legacy` to `core` in 2025.
fn author(user: Json<'_>) -> Author {
    let told = |name| ["core", "legacy"].iter().find_map(|place| user.at(place).non_blank(name));
    Author { username: told("screen_name"), name: told("name"), id: user.non_blank("rest_id") }
}

/// The media of a post, in X's order.
pub fn media(post: Json<'_>) -> Media {
    let place = ["extended_entities/media", "entities/media"].into_iter().find(|place| post.is_list(place));
    let all = place.map(|place| post.items(place).collect::<Vec<_>>()).unwrap_or_default();
    let Some(first) = all.first() else {
        let has_media = place.is_some() || !post.at("media").is_empty();
        let is_text = post.at("entities").is_object() && !has_media;
        return Media { kind: is_text.then_some(MediaKind::Text), ..Media::default() };
    };
    let kind = match &*first.string("type") {
        "video" | "photo" | "animated_gif" if all.len() > 1 => Some(MediaKind::Carousel),
        "video" | "animated_gif" => Some(MediaKind::Video),
        "photo" => Some(MediaKind::Photo),
        _ => None,
    };
    let duration_seconds = first.duration_of_millis("video_info/duration_millis").filter(|_| all.len() == 1);
    Media { kind, duration_seconds, thumbnail_url: first.address("media_url_https") }
}

/// The post whose counts X shows. A plain repost's own counts are only zeros, so X shows the
/// original's.
fn counted(tweet: Json<'_>) -> Option<Json<'_>> {
    let legacy = tweet.at("legacy");
    // A post that a person typed in the form of a repost has its own counts.
    let has_none = || legacy.count("favorite_count").unwrap_or(0) == 0 && views(tweet).is_none();
    let repeated = ["retweeted_status_result", "retweeted_status_results"].into_iter().find(|path| !legacy.lacks(path));
    let is_repost = repeated.is_some() || (legacy.string("full_text").starts_with("RT @") && has_none());
    if !is_repost {
        return Some(tweet);
    }
    let original = legacy.at(repeated?).at("result");
    let original = if original.at("tweet").is_object() { original.at("tweet") } else { original };
    original.at("legacy").is_object().then_some(original)
}

/// The views. X's telephone apps get the count under another name.
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
        viewless: tweet.string("views/state") == "Enabled"
            && views(tweet).is_none()
            && tweet.at("views/count").is_empty(),
        ..PostStats::default()
    }
}

/// The failure for this reason. A suspended account may return.
fn unavailable(reason: &str) -> Failure {
    match reason {
        "Deleted" => Failure::NotFound,
        "Protected" => Failure::Private,
        "Suspended" => Failure::NotSeen("the account is suspended"),
        // The post exists, but only for users with access.
        reason if reason.starts_with("Nsfw") => Failure::unavailable("hidden from who isn't logged in"),
        _ => Failure::NotSeen("unavailable"),
    }
}

/// The failure for a tombstone. If it has no text, the post may be hidden by an age limit.
fn tombstone(text: &str) -> Failure {
    if text.contains("deleted by") { Failure::NotFound } else { Failure::NotSeen("a tombstone") }
}
