//! instagram-looter2 on RapidAPI (by irrors): Instagram's web shape for posts and profiles, the
//! app's for lists.
//!
//! Source: its own document and the code of others. The document wraps responses in `{"status":
//! 200, "body": …}`, but callers read them at the root: both are read. `status: false` and 404 are
//! failures of an unknown kind. Plays of reels are often missing from posts, but not from lists,
//! which need the creator's id.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::{Body, Json};
use super::listing::{Listing, Page};
use super::rapidapi::{Product, refusal_inside};
use super::shape::{instagram_app, instagram_profile, instagram_web};
use super::{Failure, Provider, UserIds};
use crate::creator::{CheckError, PostStats, Profile, Unchecked, VideoList};
use crate::platform::{Creator, CreatorKind, IdKind, Post, Subject};

pub(super) const ENTRY: Entry =
    Entry::on_rapidapi("instagram-looter2", "https://instagram-looter2.p.rapidapi.com", |api| {
        Box::new(InstagramLooter2 { api: Product::new(api) })
    });

const PAGE: &str = "24";

struct InstagramLooter2 {
    api: Product,
}

#[async_trait]
impl Provider for InstagramLooter2 {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.get("/post", &[("url", &post.url)]).await?;
        Ok(instagram_web::post_stats(unwrapped(&reply)))
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        if creator.kind != CreatorKind::Handle {
            return Err(Failure::Unable("it takes names alone"));
        }
        let reply = self.get("/profile", &[("username", &creator.id)]).await?;
        instagram_profile::profile(unwrapped(&reply), creator)
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for InstagramLooter2 {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    fn id_kind(&self, creator: &Creator) -> Option<IdKind> {
        (creator.kind != CreatorKind::Id).then_some(IdKind::Pk)
    }

    async fn find_id(&self, creator: &Creator) -> Result<String, Failure> {
        let reply = self.get("/id", &[("username", &creator.id)]).await?;
        let user = unwrapped(&reply);
        if instagram_profile::claims(user).any(|claim| creator.is_contradicted_by(&claim)) {
            return Err(CheckError::Another.into());
        }
        instagram_profile::pk(user, "user_id").ok_or_else(|| Failure::unavailable("no user_id"))
    }

    async fn page(&self, creator: &Creator, pk: &str, next: Option<&str>) -> Result<Page, Failure> {
        let mut query = vec![("id", pk), ("count", PAGE)];
        query.extend(next.map(|next| ("max_id", next)));
        let reply = self.get("/reels", &query).await?;
        let body = unwrapped(&reply);
        if !body.is_list("items") {
            return Err(Failure::unavailable("no list"));
        }
        let media = || body.items("items").map(|item| item.at("media"));
        let has_more = body.is_true("paging_info/more_available");
        Ok(Page {
            authors: media().flat_map(instagram_app::authors).collect(),
            videos: media().filter_map(|media| instagram_app::video(media, creator, pk)).collect(),
            next: has_more.then(|| body.string("paging_info/max_id").into_owned()),
        })
    }
}

impl InstagramLooter2 {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        let body = self.api.find(path, query).await?.ok_or(Failure::PerhapsNotFound("status 404"))?;
        if let Some(failure) = refusal_inside(unwrapped(&body), query) {
            return Err(failure);
        }
        let is_failure = unwrapped(&body).flag("status") == Some(false);
        if is_failure { Err(Failure::PerhapsNotFound("status false")) } else { Ok(body) }
    }
}

fn unwrapped(body: &Body) -> Json<'_> {
    let body = Json::from(body);
    if body.at("body").is_object() { body.at("body") } else { body }
}
