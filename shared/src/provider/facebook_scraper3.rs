//! facebook-scraper3 on RapidAPI (by krasnoludkolo).
//!
//! Source: recorded lists and the code of callers of `/post`: `results` is an object there,
//! `play_count` exists only for videos and reels, and `reactions_count` is the sum of all
//! reactions. HTTP 200 without `results` means that it can't find the post. One reel has three
//! different ids, so `post_id` proves nothing; its `url` contained the requested one.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::Json;
use super::rapidapi::{Product, missing_item};
use super::{Failure, Provider};
use crate::creator::{Author, Details, Media, MediaKind, PostStats, Unchecked};
use crate::platform::{Claim, Post, facebook};

pub(super) const ENTRY: Entry =
    Entry::on_rapidapi("facebook-scraper3", "https://facebook-scraper3.p.rapidapi.com", |api| {
        Box::new(FacebookScraper3 { api: Product::new(api) })
    });

struct FacebookScraper3 {
    api: Product,
}

#[async_trait]
impl Provider for FacebookScraper3 {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.api.get("/post", &[("post_url", &post.url)]).await?;
        let body = Json::from(&reply);
        if body.is_object() && body.at("results").is_empty() {
            return Err(missing_item(body, Failure::PerhapsNotFound("no results")));
        }
        // It was also recorded as a list of one item.
        let is_list_of_one = body.at("results/0").is_object() && body.lacks("results/1");
        let results = body.at(if is_list_of_one { "results/0" } else { "results" });
        let has_video = ["video", "video_files"].iter().any(|path| !results.at(path).is_empty());
        let is_video = has_video || [&*results.string("url"), &post.url].into_iter().any(facebook::is_video);
        let plays = results.count("play_count").filter(|plays| *plays > 0 || is_video);
        let stats = PostStats {
            views: plays,
            likes: results.count("reactions_count"),
            comments: results.count("comments_count"),
            shares: results.count("reshare_count"),
            viewless: !is_video && (results.at("play_count").is_empty() || results.count("play_count") == Some(0)),
            details: details(results, is_video),
            ..PostStats::default()
        };
        Ok(Unchecked::new(stats, results.non_blank("url").map(Claim::Address)))
    }
}

fn details(post: Json<'_>, is_video: bool) -> Details {
    let author = post.at("author");
    let pictures = ["video_thumbnail", "thumbnail_uri", "image/uri"];
    let thumbnail_url = pictures.iter().find_map(|path| post.address(path));
    Details {
        author: Author { name: author.non_blank("name"), id: author.non_blank("id"), username: None },
        caption: post.non_blank("message"),
        published_at: post.seconds("timestamp"),
        media: Media { kind: is_video.then_some(MediaKind::Video), thumbnail_url, ..Media::default() },
        ..Details::default()
    }
}
