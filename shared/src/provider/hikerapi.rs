//! HikerAPI: Instagram's app shape; the only source of shares and of creators' e-mail addresses.
//!
//! Source: its documentation and recorded answers. 404 `MediaNotFound` is a deleted or private post
//! (15 of 15 calls) or, by its documentation, a promoted one. `UserNotFound` is an unknown creator,
//! and "Entries not found" is an empty list; any other 404 proves nothing. By its documentation,
//! 403 is a private account or post, never the key, and an empty balance is `InsufficientFunds`
//! with any status. Lists need the creator's `pk`; only the list of reels has plays.

use async_trait::async_trait;

use super::entry::{Entry, Key};
use super::http::{Api, HttpReply};
use super::json::{Body, Json};
use super::listing::{Listing, Page};
use super::shape::{instagram_app, instagram_profile};
use super::{Failure, Provider, UserIds};
use crate::creator::{PostStats, Profile, Unchecked, VideoList};
use crate::platform::{Creator, CreatorKind, IdKind, Post};

pub(super) const ENTRY: Entry =
    Entry::new("hikerapi", Some(Key::HikerApi), "https://api.hikerapi.com", |api| Box::new(HikerApi { api }));

struct HikerApi {
    api: Api,
}

#[async_trait]
impl Provider for HikerApi {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.get("/v2/media/info/by/code", &[("code", &post.id)]).await?;
        Ok(instagram_app::post_stats(Json::from(&reply).at("media_or_ad")))
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let reply = self.user(creator).await?;
        let user = Json::from(&reply).at("user");
        let told = instagram_profile::profile(user, creator)?;
        if let Some(pk) = instagram_profile::pk(user, "pk").filter(|_| told.is_about(creator)) {
            self.api.ids().remember(creator, IdKind::Pk, &pk).await;
        }
        Ok(told)
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for HikerApi {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    fn id_kind(&self, creator: &Creator) -> Option<IdKind> {
        (creator.kind != CreatorKind::Id).then_some(IdKind::Pk)
    }

    async fn find_id(&self, creator: &Creator) -> Result<String, Failure> {
        let reply = self.user(creator).await?;
        let user = Json::from(&reply).at("user");
        if instagram_profile::profile(user, creator)?.checked(creator)?.is_private {
            return Err(Failure::Private);
        }
        instagram_profile::pk(user, "pk").ok_or_else(|| Failure::unavailable("no pk"))
    }

    async fn page(&self, creator: &Creator, pk: &str, next: Option<&str>) -> Result<Page, Failure> {
        let mut query = vec![("user_id", pk)];
        query.extend(next.map(|next| ("page_id", next)));
        let reply = self.api.get("/v2/user/clips", &query).await?;
        if is_empty_list(&reply) {
            return Ok(Page::default());
        }
        let body = read(&reply)?;
        let body = Json::from(&body);
        if !body.is_list("response/items") {
            return Err(Failure::unavailable("no list"));
        }
        let media = || body.items("response/items").map(|item| item.at("media"));
        let is_last = body.flag("response/paging_info/more_available") == Some(false);
        Ok(Page {
            authors: media().flat_map(instagram_app::authors).collect(),
            videos: media().filter_map(|media| instagram_app::video(media, creator, pk)).collect(),
            next: body.non_blank("next_page_id").filter(|_| !is_last),
        })
    }
}

impl HikerApi {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        read(&self.api.get(path, query).await?)
    }

    async fn user(&self, creator: &Creator) -> Result<Body, Failure> {
        match creator.kind {
            CreatorKind::Id => self.get("/v2/user/by/id", &[("id", &creator.id)]).await,
            _ => self.get("/v2/user/by/username", &[("username", &creator.id)]).await,
        }
    }
}

fn read(reply: &HttpReply) -> Result<Body, Failure> {
    let body = reply.json();
    let is_refusal = body.as_ref().is_ok_and(|body| !Json::from(body).lacks("exc_type"));
    if reply.status == 200 && !is_refusal { body } else { Err(refusal(reply)) }
}

fn is_empty_list(reply: &HttpReply) -> bool {
    reply.status == 404 && reply.json().is_ok_and(|body| Json::from(&body).string("detail") == "Entries not found")
}

fn refusal(reply: &HttpReply) -> Failure {
    let body = reply.json().unwrap_or_default();
    match (&*Json::from(&body).string("exc_type"), reply.status) {
        ("InsufficientFunds", _) | (_, 402) => Failure::OutOfQuota,
        ("UserNotFound", 404) => Failure::NotFound,
        ("MediaNotFound", 404) => Failure::PerhapsNotFound("deleted, private or promoted"),
        (_, 403) => Failure::Private,
        (_, 401) => Failure::KeyRefused,
        _ => reply.failure(),
    }
}
