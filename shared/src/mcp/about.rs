//! The description of each tool, which is all that an assistant reads before a call.

use crate::contract::Endpoint;

/// The description of a tool: its effect, when to use another tool, and the meaning of its answer.
/// `None` for endpoints that aren't tools. Each tool takes space in every conversation, so there
/// are few: people create keys, and an assistant doesn't need `pong` or single past requests.
#[must_use]
pub const fn about(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::PostStats => Some(
            "Get the public counts of one post (views, likes, comments, shares, saves, engagement rate) and its \
             details (author, caption, date, duration). It takes the link of a post, video, reel or tweet on TikTok, \
             Instagram, YouTube, X, Facebook or LinkedIn, share links too. For several posts use post_stats_batch; for \
             a creator's recent posts channel_videos; for followers profile.\n\
             `views_kind` says what views count: plays (TikTok, Instagram, Facebook), starts (YouTube), impressions \
             (X) or reactions (LinkedIn, instead of views). Compare or add only views of one kind.",
        ),
        Endpoint::PostStatsBatch => Some(
            "Get the public counts of 2 to 100 posts at once: each as in post_stats, in the order sent. Use it instead \
             of many calls of post_stats; for one post use post_stats, and for posts whose links you don't have \
             channel_videos.\n\
             Each result has either `data` and `meta`, or `error` and `code`: one bad link doesn't affect the others. \
             `summary` counts fresh, cached, failed and refused posts. Every ten posts, or part of ten, count as one \
             request of the rate limit. Send again only posts that failed with upstream_failed.",
        ),
        Endpoint::Profile => Some(
            "Get the public profile of one creator on TikTok, Instagram or YouTube: followers, following, number of \
             posts, bio, website, whether they are verified. For their videos use channel_videos, for their usual \
             number of views median_views, for a contact address email. It shares one cached answer with email: after \
             a call to one, a call to the other is free for some minutes.",
        ),
        Endpoint::ChannelVideos => Some(
            "List the most recent videos or posts of one creator on TikTok, Instagram or YouTube, newest first, with \
             their links and counts: 20, or up to 40 with `limit`. Use it to find posts; for the counts of a post \
             whose link you have use post_stats, and for one number that summarizes all use median_views, with which \
             it shares one cached answer: after a call to one, a call to the other is free for some minutes.\n\
             There can be fewer than `limit`. Pinned ones have `is_pinned: true`, and are sorted by date too.",
        ),
        Endpoint::MedianViews => Some(
            "Get the usual number of views of the recent videos of one creator on TikTok, Instagram or YouTube: the \
             median of their views, without pinned ones and broadcasts. Use it to compare creators or to estimate the \
             views of a new video; for the videos themselves use channel_videos, with which it shares one cached \
             answer.\n\
             `videos_analyzed` is the number of videos in the median. Compare only medians with the same `views_kind`.",
        ),
        Endpoint::Email => Some(
            "Find the e-mail address that one creator on TikTok, Instagram or YouTube shows in public, in their bio or \
             their contact data. Use it for contacting them; for everything else about a creator use profile, with \
             which it shares one cached answer.\n\
             `found: false` with `email: null` is a complete answer, charged like any other: the creator shows none. \
             No address is ever guessed.",
        ),
        Endpoint::Usage => Some(
            "Get the money and the usage of this API key's account: balance in dollars, the price of each tool's \
             endpoint, and requests and charges by day (UTC). Use it before a large task, or to explain costs; for the \
             price of one call, `dry_run` of that tool is more exact.\n\
             balance + held + spent = funds, always. Days without usage are left out.",
        ),
        Endpoint::Platforms => Some(
            "List the endpoints that work for each platform on this server, with the upstream sources that the \
             operator turned on. Use it after an unsupported_platform error, or to find out what is possible; to find \
             out whether they answer at present use status. Endpoints have their names in the HTTP API: `post/stats` \
             is the tool post_stats.",
        ),
        Endpoint::Status => Some(
            "Show for each platform and endpoint whether upstream sources answer at present, since when, and their \
             state in the last 24 hours. Use it after upstream_failed errors, to see whether waiting helps; to find \
             out what is possible at all use platforms. It needs no API key. `share_answered: null` means that there \
             were no requests.",
        ),
        Endpoint::Ping
        | Endpoint::Request
        | Endpoint::Keys
        | Endpoint::CreateKey
        | Endpoint::DeleteKey
        | Endpoint::RotateKey => None,
    }
}
