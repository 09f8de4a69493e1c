//! Which providers there are, which are on, and in what order they are asked.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;

use super::chain::{self, Asking, Guarded, Times};
use super::entry::{Entry, Key};
use super::http::{Api, HttpClient};
use super::verdict::Report;
use super::{Question, UserIds};
use super::{
    facebook_scraper3, fresh_linkedin_profile_data, fxtwitter, hikerapi, instagram_looter2,
    instagram_scraper_stable_api, linkedin_data_api, scrapecreators, tiktok_api23, tikwm, twitter_api45, twitter241,
    x_api, youtube_data_api, youtube_rss, youtube138,
};
use crate::clock::Clock;
use crate::creator::Operation;
use crate::platform::{Platform, Subject};

/// All providers.
pub const ENTRIES: &[Entry] = &[
    tiktok_api23::ENTRY,
    tikwm::ON_RAPIDAPI,
    instagram_scraper_stable_api::ENTRY,
    instagram_looter2::ENTRY,
    youtube138::ENTRY,
    twitter_api45::ENTRY,
    twitter241::ENTRY,
    facebook_scraper3::ENTRY,
    fresh_linkedin_profile_data::ENTRY,
    linkedin_data_api::ENTRY,
    scrapecreators::ENTRY,
    hikerapi::ENTRY,
    youtube_data_api::ENTRY,
    x_api::ENTRY,
    tikwm::DIRECT,
    youtube_rss::ENTRY,
    fxtwitter::ENTRY,
];

/// The names of the providers that can be asked, in the order in which they are unless the operator names another: cheap and proved
/// ones first, keyless ones last.
#[must_use]
pub const fn order(platform: Platform, operation: Operation) -> &'static [&'static str] {
    match (operation, platform) {
        (Operation::PostStats, Platform::TikTok) => {
            &[tiktok_api23::ENTRY.name, tikwm::ON_RAPIDAPI.name, scrapecreators::ENTRY.name, tikwm::DIRECT.name]
        }
        (Operation::PostStats, Platform::Instagram) => &[
            hikerapi::ENTRY.name,
            scrapecreators::ENTRY.name,
            instagram_scraper_stable_api::ENTRY.name,
            instagram_looter2::ENTRY.name,
        ],
        (Operation::PostStats, Platform::YouTube) => {
            &[youtube_data_api::ENTRY.name, scrapecreators::ENTRY.name, youtube138::ENTRY.name]
        }
        (Operation::PostStats, Platform::Twitter) => &[
            twitter_api45::ENTRY.name,
            twitter241::ENTRY.name,
            scrapecreators::ENTRY.name,
            x_api::ENTRY.name,
            fxtwitter::ENTRY.name,
        ],
        (Operation::PostStats, Platform::Facebook) => &[facebook_scraper3::ENTRY.name, scrapecreators::ENTRY.name],
        (Operation::PostStats, Platform::LinkedIn) => {
            &[fresh_linkedin_profile_data::ENTRY.name, linkedin_data_api::ENTRY.name, scrapecreators::ENTRY.name]
        }
        (Operation::Profile | Operation::ChannelVideos, Platform::TikTok) => {
            &[tiktok_api23::ENTRY.name, tikwm::ON_RAPIDAPI.name, scrapecreators::ENTRY.name, tikwm::DIRECT.name]
        }
        (Operation::Profile, Platform::Instagram) => &[
            hikerapi::ENTRY.name,
            scrapecreators::ENTRY.name,
            instagram_scraper_stable_api::ENTRY.name,
            instagram_looter2::ENTRY.name,
        ],
        // One call in place of two.
        (Operation::ChannelVideos, Platform::Instagram) => &[
            scrapecreators::ENTRY.name,
            hikerapi::ENTRY.name,
            instagram_scraper_stable_api::ENTRY.name,
            instagram_looter2::ENTRY.name,
        ],
        (Operation::Profile, Platform::YouTube) => {
            &[youtube_data_api::ENTRY.name, scrapecreators::ENTRY.name, youtube138::ENTRY.name]
        }
        (Operation::ChannelVideos, Platform::YouTube) => {
            &[youtube_data_api::ENTRY.name, youtube_rss::ENTRY.name, scrapecreators::ENTRY.name]
        }
        // The contract has them on these three.
        (
            Operation::Profile | Operation::ChannelVideos,
            Platform::Twitter | Platform::Facebook | Platform::LinkedIn,
        ) => &[],
    }
}

/// Which providers are on, where, and in what order they are asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The operator's keys.
    pub keys: HashMap<Key, SecretString>,
    /// Turns on the providers that need no key.
    pub keyless: bool,
    /// The addresses that paths are added to, by provider.
    pub base_urls: HashMap<&'static str, Url>,
    /// The names of those to ask, first to last.
    pub orders: HashMap<(Platform, Operation), Vec<&'static str>>,
}

impl Settings {
    /// The headers that this provider's requests have; None where it is off.
    #[must_use]
    pub fn headers(&self, entry: &Entry) -> Option<HeaderMap> {
        match entry.key {
            None => self.keyless.then(HeaderMap::new),
            Some(key) => self.keys.get(&key).map(|secret| key.headers(secret, entry, &self.base_urls[entry.name])),
        }
    }
}

/// The providers that are on.
pub struct Providers {
    on: Vec<Guarded>,
    orders: HashMap<(Platform, Operation), Vec<&'static str>>,
    times: Times,
    clock: Clock,
}

impl Providers {
    /// The providers that `settings` turn on, which remember creators' ids in `ids`.
    #[must_use]
    pub fn new(settings: &Settings, times: Times, clock: Clock, http: &HttpClient, ids: Arc<dyn UserIds>) -> Self {
        let on = ENTRIES.iter().filter_map(|entry| {
            let base_url = settings.base_urls[entry.name].clone();
            let api = Api::new(http.clone(), base_url, settings.headers(entry)?, Arc::clone(&ids));
            Some(Guarded::new(entry, (entry.make)(api)))
        });
        Self { on: on.collect(), orders: settings.orders.clone(), times, clock }
    }

    /// The names of those that are on.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.on.iter().map(Guarded::name)
    }

    /// Whether any that is on does this.
    #[must_use]
    pub fn can(&self, platform: Platform, operation: Operation) -> bool {
        self.asked(platform, operation).next().is_some()
    }

    /// Asks one after the other until one answers.
    pub async fn ask<Q: Question>(&self, subject: &Q::Subject, deadline: Instant) -> Report<Q> {
        let providers: Vec<&Guarded> = self.asked(subject.platform(), Q::OPERATION).collect();
        chain::ask(&providers, Asking { subject, times: &self.times, clock: &self.clock, deadline }).await
    }

    /// Those that are on, in the order in which they are asked for this.
    fn asked(&self, platform: Platform, operation: Operation) -> impl Iterator<Item = &Guarded> {
        let order = self.orders.get(&(platform, operation)).into_iter().flatten();
        order.filter_map(|name| self.on.iter().find(|guarded| guarded.name() == *name))
    }
}
