//! YouTube's feeds, without a key: a channel's 15 newest videos, including shorts and broadcasts,
//! with exact views and likes.
//!
//! Source: recorded feeds. They need a channel's id. `resolve_url`, which YouTube's website also
//! calls, finds it for all other names of a channel. An unknown channel is 404, but so was every
//! channel during outages of whole days, so it proves nothing.

use async_trait::async_trait;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::json;

use super::entry::Entry;
use super::http::Api;
use super::json::Json;
use super::listing::{Listing, Page};
use super::{Failure, Provider, UserIds};
use crate::creator::{CheckError, Media, MediaKind, PostStats, Unchecked, Video, VideoList, non_blank};
use crate::platform::{Creator, CreatorKind, IdKind, youtube};

pub(super) const ENTRY: Entry =
    Entry::new("youtube-rss", None, "https://www.youtube.com", |api| Box::new(YouTubeRss { api }));

const ATOM: &str = "http://www.w3.org/2005/Atom";
/// The highest number of nodes that a feed may have; real feeds have fewer than 1,000.
const MAX_NODES: u32 = 50_000;
/// The website's own version, as recorded.
const CLIENT_VERSION: &str = "2.20260603.05.00";

struct YouTubeRss {
    api: Api,
}

#[async_trait]
impl Provider for YouTubeRss {
    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for YouTubeRss {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    fn id_kind(&self, creator: &Creator) -> Option<IdKind> {
        (creator.kind != CreatorKind::Id).then_some(IdKind::Channel)
    }

    async fn find_id(&self, creator: &Creator) -> Result<String, Failure> {
        let client = json!({"clientName": "WEB", "clientVersion": CLIENT_VERSION, "hl": "en", "gl": "US"});
        let question = json!({"context": {"client": client}, "url": creator.url});
        let reply = self.api.post_json("/youtubei/v1/navigation/resolve_url", &question).await?;
        if !matches!(reply.status, 200 | 404) {
            return Err(reply.failure());
        }
        let body = reply.json()?;
        let body = Json::from(&body);
        if reply.status == 404 && body.string("error/status") == "NOT_FOUND" {
            return Err(Failure::PerhapsNotFound("not resolved"));
        }
        let id = body.non_blank("endpoint/browseEndpoint/browseId").filter(|id| youtube::is_channel_id(id));
        id.ok_or_else(|| Failure::unavailable("no channel id"))
    }

    async fn page(&self, _creator: &Creator, channel: &str, _next: Option<&str>) -> Result<Page, Failure> {
        let reply = self.api.get("/feeds/videos.xml", &[("channel_id", channel)]).await?;
        if reply.status != 200 {
            return Err(reply.failure());
        }
        let text = std::str::from_utf8(&reply.body).map_err(|_| Failure::unavailable("not UTF-8"))?;
        let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let feed = Document::parse_with_options(text, options).map_err(|_| Failure::unavailable("not a feed"))?;
        if is_of_another(feed.root_element(), channel) {
            return Err(CheckError::Another.into());
        }
        let entries = feed.root_element().children().filter(|node| node.has_tag_name((ATOM, "entry")));
        let entries = entries.filter(|entry| part(*entry, "channelId").is_none_or(|id| id.text() == Some(channel)));
        let videos: Vec<_> = entries.filter_map(video).collect();
        // An empty feed proves nothing either.
        if videos.is_empty() {
            Err(Failure::unavailable("an empty feed"))
        } else {
            Ok(Page { videos, ..Page::default() })
        }
    }
}

/// Whether the feed itself names another channel. The `UC` of the id may be missing in it.
fn is_of_another(feed: Node<'_, '_>, channel: &str) -> bool {
    let told = feed.children().find(|node| node.tag_name().name() == "channelId").and_then(|node| node.text());
    told.is_some_and(|told| told != channel && channel.strip_prefix("UC") != Some(told))
}

fn part<'a, 'b>(entry: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    entry.descendants().find(|node| node.tag_name().name() == name)
}

fn video(entry: Node<'_, '_>) -> Option<Video> {
    let text = |name| part(entry, name).and_then(|node| node.text());
    let count = |name, attribute| part(entry, name)?.attribute(attribute)?.parse().ok();
    let id = non_blank(text("videoId")?)?;
    Some(Video {
        url: youtube::video_url(&id)?,
        description: text("title").and_then(non_blank),
        stats: PostStats {
            // An announced video has no views yet, and looks like a published one.
            views: count("statistics", "views").filter(|views| *views > 0),
            // Hidden likes are returned as zero.
            likes: count("starRating", "count").filter(|likes| *likes > 0),
            ..PostStats::default()
        },
        created_at: text("published").and_then(|moment| moment.parse().ok()),
        media: media(entry, &id),
        id,
        ..Video::default()
    })
}

/// A short has another address.
fn media(entry: Node<'_, '_>, id: &str) -> Media {
    let address = part(entry, "link").and_then(|link| link.attribute("href")).unwrap_or_default();
    let kind = match address.strip_suffix(id) {
        Some("https://www.youtube.com/shorts/") => Some(MediaKind::Short),
        Some("https://www.youtube.com/watch?v=") => Some(MediaKind::Video),
        _ => None,
    };
    let picture = part(entry, "thumbnail").and_then(|thumbnail| thumbnail.attribute("url"));
    Media { kind, thumbnail_url: picture.and_then(non_blank), ..Media::default() }
}
