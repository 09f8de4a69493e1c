//! youtube138 on RapidAPI.
//!
//! Source: recorded answers. Counts are numbers, and comments were always null; failures are
//! `error` with HTTP 200.

use async_trait::async_trait;
use percent_encoding::percent_decode_str;

use super::entry::Entry;
use super::json::{Body, Json};
use super::rapidapi::Product;
use super::{Failure, Provider, shape};
use crate::creator::{Author, Contact, Details, EmailSource, Media, PostStats, Profile, Unchecked, with_scheme};
use crate::platform::{Claim, Creator, CreatorKind, Post};

pub(super) const ENTRY: Entry = Entry::on_rapidapi("youtube138", "https://youtube138.p.rapidapi.com", |api| {
    Box::new(YouTube138 { api: Product::new(api) })
});

struct YouTube138 {
    api: Product,
}

#[async_trait]
impl Provider for YouTube138 {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.get("/video/details/", &post.id).await?;
        let video = Json::from(&reply);
        let stats = PostStats {
            views: video.count("stats/views"),
            likes: video.count("stats/likes"),
            comments: video.count("stats/comments"),
            details: details(video),
            ..PostStats::default()
        };
        Ok(Unchecked::new(stats, [Claim::id(video.string("videoId"))]))
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let id = match creator.kind {
            CreatorKind::Id => creator.id.clone(),
            CreatorKind::Handle => format!("@{}", creator.id),
            _ => return Err(Failure::Unable("it takes handles and channel ids alone")),
        };
        let reply = self.get("/channel/details/", &id).await?;
        Ok(profile(Json::from(&reply), creator))
    }
}

impl YouTube138 {
    async fn get(&self, path: &str, id: &str) -> Result<Body, Failure> {
        // In other languages, counts are words of that language.
        let reply = self.api.get(path, &[("id", id), ("hl", "en"), ("gl", "US")]).await?;
        let is_error = !Json::from(&reply).at("error").is_empty();
        if is_error { Err(Failure::unavailable("an error inside")) } else { Ok(reply) }
    }
}

/// It has the day of publication, but not the time; shorts aren't marked.
fn details(video: Json<'_>) -> Details {
    let author = video.at("author");
    let duration_seconds = video.duration("lengthSeconds");
    Details {
        author: Author { username: handle(author), name: author.non_blank("title"), id: author.non_blank("channelId") },
        caption: video.non_blank("title"),
        media: Media {
            kind: shape::youtube::kind(video.flag("isLiveNow") == Some(true), duration_seconds),
            duration_seconds,
            thumbnail_url: video.items("thumbnails").filter_map(|size| size.address("url")).last(),
        },
        ..Details::default()
    }
}

/// The name in `username` or in the address, without `@`.
fn handle(channel: Json<'_>) -> Option<String> {
    let address = channel.string("canonicalBaseUrl");
    let in_address =
        || address.strip_prefix("/@").map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
    let handle = channel.non_blank("username").or_else(in_address)?;
    Some(handle.trim_start_matches('@').to_owned()).filter(|handle| !handle.is_empty())
}

fn profile(channel: Json<'_>, creator: &Creator) -> Unchecked<Profile> {
    let handle = handle(channel);
    let claims = [Claim::id(channel.string("channelId")), Claim::name(handle.as_deref().unwrap_or_default())];
    let links: Vec<_> = channel
        .items("links")
        .filter_map(|item| ["", "url", "targetUrl"].iter().find_map(|path| item.non_blank(path)))
        .collect();
    let profile = Profile {
        username: handle.unwrap_or_else(|| creator.id.clone()),
        full_name: channel.non_blank("title"),
        bio: channel.trimmed("description"),
        profile_pic_url: channel.items("avatar").filter_map(|size| size.non_blank("url")).last(),
        followers: channel.count("stats/subscribers"),
        posts_count: channel.count("stats/videos"),
        external_url: links.first().and_then(|first| with_scheme(first)),
        contacts: links.into_iter().map(|text| Contact { source: EmailSource::Link, text }).collect(),
        id: channel.non_blank("channelId"),
        ..Profile::default()
    };
    Unchecked::new(profile, claims)
}
