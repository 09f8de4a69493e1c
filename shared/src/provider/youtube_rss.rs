//! YouTube's feeds, keyless: a channel's 15 newest videos with exact views and likes, shorts and broadcasts among them.
//!
//! Rests on recorded feeds. They want a channel's id, which `resolve_url`, what YouTube's website asks itself, finds for any other way of
//! naming a channel. An unknown channel is 404, but so were whole days of outage: it proves nothing.

use async_trait::async_trait;
use roxmltree::{Document, Node};
use serde_json::json;

use super::http::Api;
use super::json::Json;
use super::youtube_data_api::CHANNEL;
use super::{Failure, Provider, UserIds};
use crate::creator::{PostStats, Video, VideoList, said};
use crate::platform::{Creator, CreatorKind, youtube};

pub const NAME: &str = "youtube-rss";

/// The website's own version, as recorded.
const CLIENT_VERSION: &str = "2.20260603.05.00";

pub struct YouTubeRss(pub Api);

#[async_trait]
impl Provider for YouTubeRss {
    async fn channel_videos(&self, creator: &Creator, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        let channel = self.channel_id(creator, ids).await?;
        let reply = self.0.get("/feeds/videos.xml", &[("channel_id", &channel)]).await?;
        if reply.status != 200 {
            return Err(reply.failure());
        }
        let text = std::str::from_utf8(&reply.body).map_err(|_| Failure::unavailable("not UTF-8"))?;
        let feed = Document::parse(text).map_err(|_| Failure::unavailable("not a feed"))?;
        if feed.root_element().tag_name().name() != "feed" {
            return Err(Failure::unavailable("not a feed"));
        }
        let entries =
            feed.root_element().children().filter(|node| node.has_tag_name(("http://www.w3.org/2005/Atom", "entry")));
        // An empty feed may be an outage of the usual kind: others are asked too.
        Ok(VideoList::recent(None, entries.filter_map(video).collect()))
    }
}

impl YouTubeRss {
    async fn channel_id(&self, creator: &Creator, ids: &dyn UserIds) -> Result<String, Failure> {
        if creator.kind == CreatorKind::Id {
            return Ok(creator.id.clone());
        }
        if let Some(id) = ids.recall(creator, CHANNEL).await {
            return Ok(id);
        }
        let client = json!({"clientName": "WEB", "clientVersion": CLIENT_VERSION, "hl": "en", "gl": "US"});
        let question = json!({"context": {"client": client}, "url": creator.url});
        let reply = self.0.post_json("/youtubei/v1/navigation/resolve_url", &question).await?;
        let body = reply.json()?;
        let body = Json::from(&body);
        if reply.status == 404 && body.text("error/status") == "NOT_FOUND" {
            return Err(Failure::PerhapsNotFound("not resolved"));
        }
        if reply.status != 200 {
            return Err(reply.failure());
        }
        let id = body.said("endpoint/browseEndpoint/browseId").filter(|id| id.starts_with("UC"));
        let id = id.ok_or_else(|| Failure::unavailable("no channel id"))?;
        ids.remember(creator, CHANNEL, &id).await;
        Ok(id)
    }
}

fn video(entry: Node<'_, '_>) -> Option<Video> {
    let part = |name: &str| entry.descendants().find(|node| node.tag_name().name() == name);
    let text = |name| part(name).and_then(|node| node.text());
    let count = |name, attribute| part(name)?.attribute(attribute)?.parse().ok();
    let id = said(text("videoId")?)?;
    Some(Video {
        url: youtube::video_url(&id)?,
        description: text("title").and_then(said),
        stats: PostStats {
            views: count("statistics", "views"),
            likes: count("starRating", "count"),
            ..PostStats::default()
        }
        .plausible(),
        created_at: text("published").and_then(|moment| moment.parse().ok()),
        id,
        ..Video::default()
    })
}
