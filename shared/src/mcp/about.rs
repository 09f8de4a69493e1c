//! The description of each tool for an assistant, which reads nothing else before it calls.

use crate::contract::Endpoint;

/// The description of a tool: its effect, when to use another tool, and the meaning of its answer.
/// None for endpoints that aren't tools. Each tool takes room in every conversation, so there are
/// few: people make keys, and an assistant has no use for `pong` or single past requests.
#[must_use]
pub const fn about(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::PostStats => Some(
            "Get the public counts of one post (views, likes, comments, shares, saves, engagement rate) and what the \
             post is (author, caption, date, duration). It takes the link of a post, video, reel or tweet on TikTok, \
             Instagram, YouTube, X, Facebook or LinkedIn, share links too. For several posts use post_stats_batch; for \
             a creator's recent posts channel_videos; for followers profile.\n\
             `views_kind` says what views count: plays (TikTok, Instagram, Facebook), starts (YouTube), impressions (X) \
             or reactions (LinkedIn, in place of views). Compare or add views of one kind only.",
        ),
        Endpoint::PostStatsBatch => Some(
            "Get the public counts of 2 to 100 posts at once: each as post_stats would answer it, in the order sent. \
             Use it instead of calling post_stats again and again; for one post use post_stats, and for posts whose \
             links you don't have channel_videos.\n\
             Each result has either `data` and `meta`, or `error` and `code`: one bad link spoils nothing, and `summary` \
             counts what is fresh, cached, failed and refused. Each ten posts begun count as one request of the rate \
             limit. Send again only those that failed with upstream_failed.",
        ),
        Endpoint::Profile => Some(
            "Get what one creator on TikTok, Instagram or YouTube shows of themselves: followers, following, number of \
             posts, bio, website, whether they are verified. For their videos use channel_videos, for how often they \
             are usually seen median_views, for a contact address email. It shares one cached answer with email: after \
             a call to one, a call to the other is free for some minutes.",
        ),
        Endpoint::ChannelVideos => Some(
            "List the most recent videos or posts of one creator on TikTok, Instagram or YouTube, newest first, with \
             their links and counts: 20, or up to 40 with `limit`. Use it to find posts; for the counts of a post whose \
             link you have use post_stats, and for one number that stands for all use median_views, with which it \
             shares one cached answer: after a call to one, a call to the other is free for some minutes.\n\
             There may be fewer than asked for. Pinned ones stand in their place and say so.",
        ),
        Endpoint::MedianViews => Some(
            "Tell how often the recent videos of one creator on TikTok, Instagram or YouTube are usually seen: the \
             median of their views, without pinned ones and broadcasts. Use it to compare creators or to estimate what \
             a new video may get; for the videos themselves use channel_videos, with which it shares one cached \
             answer.\n\
             `videos_analyzed` says how many videos it rests on. Compare medians with the same `views_kind` only.",
        ),
        Endpoint::Email => Some(
            "Find the e-mail address that one creator on TikTok, Instagram or YouTube shows in public, in their bio or \
             their contact data. Use it for contacting them; for everything else of a creator use profile, with which \
             it shares one cached answer.\n\
             `found: false` with `email: null` is a full answer, charged like any other: they show none. No address is \
             ever guessed.",
        ),
        Endpoint::Usage => Some(
            "Tell what this API key's account has and has used: balance in dollars, the price of each tool's endpoint, \
             and requests and charges by day (UTC). Use it before a large job, or to explain costs; to learn the price \
             of one call, `dry_run` of that tool is more exact.\n\
             balance + held + spent = funds, always. Days without use are left out.",
        ),
        Endpoint::Platforms => Some(
            "List which endpoints work for which platform here, with the upstream sources that the operator has turned \
             on. Use it after an unsupported_platform error, or when asked what is possible; for whether they answer \
             well just now use status. Endpoints are named as in the HTTP API: `post/stats` is the tool post_stats.",
        ),
        Endpoint::Status => Some(
            "Tell for each platform and endpoint whether upstream sources answer just now, since when, and how it went \
             in the last 24 hours. Use it after upstream_failed errors, to see whether waiting helps; for what is \
             possible at all use platforms. It needs no API key. `share_answered: null` means that nothing was asked.",
        ),
        Endpoint::Ping
        | Endpoint::Request
        | Endpoint::Keys
        | Endpoint::CreateKey
        | Endpoint::DeleteKey
        | Endpoint::RotateKey => None,
    }
}
