//! Resolves short links with own code: only https, only hosts of the link's platform, few
//! redirects, no body. Each redirect is parsed like a new link.
//!
//! A caller's address is never fetched, only addresses that are built from parsed parts.

use std::time::Duration;

use reqwest::header::LOCATION;
use tokio::time::timeout;
use url::Url;

use crate::platform::{self, Link, LinkError, Page, ShortLink};
use crate::provider::HttpClient;

const MAX_HOPS: usize = 5;

/// The settings for resolving short links.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Replaces all hosts of short links; the host becomes the path's first segment.
    pub base_url: Option<Url>,
    /// The most time for all redirects together.
    pub timeout: Duration,
}

/// The resolver.
#[derive(Clone)]
pub struct ShortLinks {
    http: HttpClient,
    settings: Settings,
}

/// The reason why a short link can't be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The platform redirects to a page that is neither a post nor a creator; with the page, for
    /// the caller.
    #[error("the short link leads {0}")]
    LeadsElsewhere(String),
    /// The platform doesn't answer.
    #[error("the short link can't be resolved: {0}")]
    NoAnswer(String),
}

fn elsewhere(place: &str) -> ResolveError {
    ResolveError::LeadsElsewhere(place.to_owned())
}

impl ShortLinks {
    /// A resolver with this client.
    #[must_use]
    pub const fn new(http: HttpClient, settings: Settings) -> Self {
        Self { http, settings }
    }

    /// The post or creator of the link; never another short link.
    ///
    /// # Errors
    /// If it leads to no post or creator, or the platform doesn't answer in time.
    pub async fn resolve(&self, short: &ShortLink) -> Result<Link, ResolveError> {
        let followed = timeout(self.settings.timeout, self.follow(short)).await;
        followed.unwrap_or_else(|_| Err(ResolveError::NoAnswer("timeout".to_owned())))
    }

    async fn follow(&self, short: &ShortLink) -> Result<Link, ResolveError> {
        let mut short = short.clone();
        for _ in 0..MAX_HOPS {
            match self.hop(&short).await? {
                Link::Short(next) => short = next,
                found => return Ok(found),
            }
        }
        Err(elsewhere("from one short link to the next without an end"))
    }

    async fn hop(&self, short: &ShortLink) -> Result<Link, ResolveError> {
        let no_answer = |reason: String| ResolveError::NoAnswer(reason);
        let here = Url::parse(&short.url).map_err(|error| no_answer(error.to_string()))?;
        let reply = self.http.get_without_body(self.address(&here), short.platform.short_link_user_agent()).await;
        let reply = reply.map_err(|failure| no_answer(failure.to_string()))?;
        let location = match reply.status {
            300..400 => reply.headers.get(LOCATION).and_then(|location| std::str::from_utf8(location.as_bytes()).ok()),
            404 | 410 => return Err(elsewhere("to nothing")),
            status => return Err(no_answer(format!("status {status}"))),
        };
        let target = location.and_then(|location| here.join(location).ok());
        let target = target.ok_or_else(|| no_answer("a redirect to no address".to_owned()))?;
        if target.scheme() != "https" {
            return Err(elsewhere("to an address that is not https"));
        }
        match platform::parse_address(target.as_str()) {
            Ok(link) if link.platform() == short.platform => Ok(link),
            Ok(_) => Err(elsewhere("to another platform")),
            // The page for refused visitors is a block, and says nothing about the link.
            Err(LinkError::OtherPage { page: page @ (Page::Login | Page::Start), .. }) => {
                Err(no_answer(page.to_string()))
            }
            Err(LinkError::TooLong) => Err(no_answer("a redirect to an address that is too long".to_owned())),
            Err(LinkError::OtherPage { platform, page }) if platform == short.platform => {
                Err(elsewhere(&format!("to {} {page}", platform.with_article())))
            }
            Err(_) => Err(elsewhere("to another site")),
        }
    }

    fn address(&self, url: &Url) -> Url {
        let Some(base) = &self.settings.base_url else {
            return url.clone();
        };
        let mut stand_in = base.clone();
        let host = url.host_str().unwrap_or_default();
        stand_in.set_path(&format!("{}/{host}{}", base.path().trim_end_matches('/'), url.path()));
        stand_in
    }
}
