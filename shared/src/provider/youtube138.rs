//! youtube138 on RapidAPI.
//!
//! Rests on recorded answers: counts are numbers, comments were null in all of them; failures come as `error` with HTTP 200.

use async_trait::async_trait;
use percent_encoding::percent_decode_str;

use super::entry::Entry;
use super::json::{Body, Json};
use super::rapidapi::Product;
use super::{Failure, Provider};
use crate::creator::{Contact, EmailSource, PostStats, Profile, link};
use crate::platform::{Creator, CreatorKind, Post};

pub(super) const ENTRY: Entry = Entry::on_rapidapi("youtube138", "https://youtube138.p.rapidapi.com", |api| {
    Box::new(YouTube138 { api: Product::new(api) })
});

struct YouTube138 {
    api: Product,
}

#[async_trait]
impl Provider for YouTube138 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.get("/video/details/", &post.id).await?;
        let video = Json::from(&reply);
        if video.text("videoId") != post.id {
            return Err(Failure::unavailable("the answer is about another post"));
        }
        Ok(PostStats {
            views: video.count("stats/views"),
            likes: video.count("stats/likes"),
            comments: video.count("stats/comments"),
            ..PostStats::default()
        })
    }

    async fn profile(&self, creator: &Creator) -> Result<Profile, Failure> {
        let id = match creator.kind {
            CreatorKind::Id => creator.id.clone(),
            CreatorKind::Handle => format!("@{}", creator.id),
            _ => return Err(Failure::Unable("it takes handles and channel ids alone")),
        };
        let reply = self.get("/channel/details/", &id).await?;
        profile(Json::from(&reply), creator)
    }
}

impl YouTube138 {
    async fn get(&self, path: &str, id: &str) -> Result<Body, Failure> {
        // In other languages counts come as texts of that language.
        let reply = self.api.get(path, &[("id", id), ("hl", "en"), ("gl", "US")]).await?;
        let is_error = !Json::from(&reply).at("error").is_empty();
        if is_error { Err(Failure::unavailable("an error inside")) } else { Ok(reply) }
    }
}

fn profile(channel: Json<'_>, creator: &Creator) -> Result<Profile, Failure> {
    let address = channel.text("canonicalBaseUrl");
    let in_address =
        || address.strip_prefix("/@").map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
    let handle = channel.said("username").or_else(in_address).unwrap_or_default();
    let handle = handle.trim_start_matches('@').to_owned();
    let is_other = match creator.kind {
        CreatorKind::Id => channel.text("channelId") != creator.id,
        _ => handle.to_lowercase() != creator.id,
    };
    if is_other {
        return Err(Failure::unavailable("the answer is about another creator"));
    }
    let links: Vec<_> = channel
        .items("links")
        .filter_map(|item| ["", "url", "targetUrl"].iter().find_map(|path| item.said(path)))
        .collect();
    Ok(Profile {
        username: if handle.is_empty() { creator.id.clone() } else { handle },
        full_name: channel.said("title"),
        bio: channel.words("description"),
        profile_pic_url: channel.items("avatar").filter_map(|size| size.said("url")).last(),
        followers: channel.count("stats/subscribers"),
        posts_count: channel.count("stats/videos"),
        external_url: links.first().and_then(|first| link(first)),
        contacts: links.into_iter().map(|text| Contact { source: EmailSource::Link, text }).collect(),
        ..Profile::default()
    })
}
