//! instagram-scraper-stable-api on RapidAPI (by RockSolid): Instagram's web shape for a post, the
//! web or the app shape for a profile, the app shape for lists.
//!
//! Source: typed clients of others. No complete answer was recorded, so posts and profiles are also
//! read from the usual wrappers. Failures have HTTP 200 with `error` "post/reel data not found…" or
//! "Invalid or missing username or user does not exist on Instagram" (both recorded), or with a
//! `message` about rates ("Please try again later", "Received 429"). Only the list of reels has
//! plays; its captions are null.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::{Body, Json};
use super::listing::{Listing, Page};
use super::rapidapi::Product;
use super::shape::{instagram_app, instagram_profile, instagram_web};
use super::{Failure, Provider, UserIds};
use crate::creator::{PostStats, Profile, Unchecked, VideoList};
use crate::platform::{Creator, CreatorKind, Post};

pub(super) const ENTRY: Entry =
    Entry::on_rapidapi("instagram-scraper-stable-api", "https://instagram-scraper-stable-api.p.rapidapi.com", |api| {
        Box::new(InstagramScraperStableApi { api: Product::new(api) })
    });

/// More than enough, because it returns fewer items than requested.
const PAGE: &str = "30";

struct InstagramScraperStableApi {
    api: Product,
}

#[async_trait]
impl Provider for InstagramScraperStableApi {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = read(self.api.get("/get_media_data_v2.php", &[("media_code", &post.id)]).await?)?;
        let media = unwrapped(&reply, &["", "data", "data/xdt_shortcode_media", "body"], "shortcode");
        Ok(instagram_web::post_stats(media.ok_or_else(|| Failure::unavailable("no media"))?))
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let form = [("username_or_url", name(creator)?)];
        let reply = read(self.api.post_form("/ig_get_fb_profile_v3.php", &form).await?)?;
        let user = unwrapped(&reply, &["", "user", "user_data", "data", "data/user", "body"], "username");
        instagram_profile::profile(user.unwrap_or_else(|| Json::from(&reply)), creator)
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for InstagramScraperStableApi {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    async fn page(&self, creator: &Creator, _id: &str, next: Option<&str>) -> Result<Page, Failure> {
        let mut form = vec![("username_or_url", name(creator)?), ("amount", PAGE)];
        form.extend(next.map(|next| ("pagination_token", next)));
        let reply = read(self.api.post_form("/get_ig_user_reels.php", &form).await?)?;
        let body = Json::from(&reply);
        if !body.is_list("reels") {
            return Err(Failure::unavailable("no list"));
        }
        let media = || body.items("reels").map(|reel| reel.at("node/media"));
        Ok(Page {
            authors: media().flat_map(instagram_app::authors).collect(),
            videos: media().filter_map(|media| instagram_app::video(media, creator, "")).collect(),
            next: body.non_blank("pagination_token"),
        })
    }
}

fn name(creator: &Creator) -> Result<&str, Failure> {
    if creator.kind == CreatorKind::Handle { Ok(&creator.id) } else { Err(Failure::Unable("it takes names alone")) }
}

/// The first of these places that has this field.
fn unwrapped<'a>(reply: &'a Body, places: &[&str], field: &str) -> Option<Json<'a>> {
    places.iter().map(|place| Json::from(reply).at(place)).find(|place| !place.lacks(field))
}

fn read(reply: Body) -> Result<Body, Failure> {
    let body = Json::from(&reply);
    let text = [body.string("error"), body.string("message")].join(" ").to_lowercase();
    if ["reel data not found", "user does not exist"].iter().any(|words| text.contains(words)) {
        Err(Failure::NotFound)
    } else if !text.trim().is_empty() {
        Err(Failure::unavailable("an error inside"))
    } else {
        Ok(reply)
    }
}
