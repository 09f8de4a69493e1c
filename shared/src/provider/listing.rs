//! Lists of a creator's videos: at most two pages, the ids for requesting them, and the meaning of
//! an empty list.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, timeout};

use super::{Failure, Provider, UserIds, ask};
use crate::creator::{Author, DEFAULT_VIDEOS, Profile, Unchecked, Video, VideoList};
use crate::platform::{Claim, Creator, CreatorKind, IdKind, Subject};

/// The time for a second page. Together with [`SLOW`] it is within one attempt, so that the first
/// page is never lost because of the second.
const SECOND_PAGE: Duration = Duration::from_secs(3);
/// If the first page took longer than this, no second one is requested.
const SLOW: Duration = Duration::from_secs(4);

/// A page of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The videos' authors, if the list has them. Two creators can share a post.
    pub authors: Vec<Author>,
    /// The videos.
    pub videos: Vec<Video>,
    /// The parameter of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// A provider that lists videos.
#[async_trait]
pub trait Listing: Provider + Sized {
    /// Its memory for ids.
    fn ids(&self) -> &dyn UserIds;

    /// The kind of id that is needed for this creator's list; `None` if the name is enough.
    fn id_kind(&self, _creator: &Creator) -> Option<IdKind> {
        None
    }

    /// Requests that id, and checks that it is this creator's.
    async fn find_id(&self, _creator: &Creator) -> Result<String, Failure> {
        Err(Failure::Unable("its lists want no id"))
    }

    /// One page.
    async fn page(&self, creator: &Creator, id: &str, next: Option<&str>) -> Result<Page, Failure>;

    /// The most recent videos.
    async fn recent(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        let Some(kind) = self.id_kind(creator) else {
            let page = self.pages(creator, &creator.id).await?;
            return self.judge(page, creator).await;
        };
        let mut tried = None;
        if let Some(id) = self.ids().recall(creator, kind).await {
            match self.pages(creator, &id).await {
                Ok(page) if !page.videos.is_empty() && page.is_about(creator) => return Ok(page.told(creator)),
                Err(failure @ (Failure::Transient(_) | Failure::RateLimited { .. })) => return Err(failure),
                Err(failure @ (Failure::OutOfQuota | Failure::KeyRefused)) => return Err(failure),
                // The name may belong to another account now.
                result => tried = Some((id, result)),
            }
        }
        let id = self.find_id(creator).await?;
        self.ids().remember(creator, kind, &id).await;
        let page = match tried {
            // Another request would cost again.
            Some((known, result)) if known == id => result?,
            _ => self.pages(creator, &id).await?,
        };
        self.judge(page, creator).await
    }

    /// The listed videos, or the meaning of an empty list. A list of another creator is refused,
    /// even if a part of it could be used.
    async fn judge(&self, page: Page, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        let is_empty = page.videos.is_empty() && page.is_about(creator);
        if is_empty { empty_list(self, creator).await } else { Ok(page.told(creator)) }
    }

    /// The first page, and the second one if the first isn't enough.
    async fn pages(&self, creator: &Creator, id: &str) -> Result<Page, Failure> {
        let started = Instant::now();
        let mut page = self.page(creator, id, None).await?;
        let has_time = started.elapsed() < SLOW;
        let is_short = page.videos.iter().filter(|video| !video.is_pinned).count() < DEFAULT_VIDEOS;
        if let Some(next) = page.next.take().filter(|next| is_short && has_time && !next.is_empty()) {
            // A shorter list is better than none.
            let more = timeout(SECOND_PAGE, self.page(creator, id, Some(&next))).await;
            let more = more.ok().and_then(Result::ok).unwrap_or_default();
            page.videos.extend(more.videos);
            page.authors.extend(more.authors);
        }
        Ok(page)
    }
}

impl Page {
    fn is_about(&self, creator: &Creator) -> bool {
        may_be_by(creator, &self.authors)
    }

    fn told(self, creator: &Creator) -> Unchecked<VideoList> {
        let claims = claims(&self.authors);
        // The first author may be another creator who shares a post with this one.
        let is_theirs = |author: &Author| author.id.as_ref() == Some(&creator.id);
        let theirs = self.authors.into_iter().filter(is_theirs).find_map(|author| author.username);
        let username = theirs.filter(|_| creator.kind == CreatorKind::Id);
        Unchecked::new(VideoList::recent(username, self.videos), claims)
    }
}

/// Whether one of these authors may be the creator. A list can have others' posts among the
/// creator's own.
pub fn may_be_by(creator: &Creator, authors: &[Author]) -> bool {
    !claims(authors).iter().any(|claim| creator.is_contradicted_by(claim))
}

/// The claims that these authors make about the posts.
fn claims(authors: &[Author]) -> [Claim; 2] {
    let names = authors.iter().filter_map(|author| author.username.clone());
    let ids = authors.iter().filter_map(|author| author.id.clone());
    [Claim::Names(names.collect()), Claim::Ids(ids.collect())]
}

/// The meaning of an empty list: "no videos" if the profile confirms it, otherwise unknown.
async fn empty_list(provider: &dyn Provider, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
    match ask(provider, creator).await {
        Ok(Profile { is_private: true, .. }) => Err(Failure::Private),
        Ok(Profile { posts_count: Some(0), .. }) => Ok(Unchecked::new(VideoList::proved_empty(), [])),
        Ok(_) | Err(Failure::Unable(_)) => Err(Failure::unavailable("an empty list of a creator who may have posts")),
        Err(failure) => Err(failure),
    }
}
