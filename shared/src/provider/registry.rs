//! Which providers there are, which are on, and in what order they are asked.

use std::collections::HashMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::chain::{Guarded, Report, Times, ask};
use super::facebook_scraper3::{self, FacebookScraper3};
use super::fresh_linkedin_profile_data::{self, FreshLinkedInProfileData};
use super::fxtwitter::{self, FxTwitter};
use super::hikerapi::{self, HikerApi};
use super::http::{Api, HttpClient, secret};
use super::instagram_looter2::{self, InstagramLooter2};
use super::instagram_scraper_stable_api::{self, InstagramScraperStableApi};
use super::linkedin_data_api::{self, LinkedInDataApi};
use super::rapidapi::Product;
use super::scrapecreators::{self, ScrapeCreators};
use super::tiktok_api23::{self, TikTokApi23};
use super::tikwm::{self, Tikwm};
use super::twitter_api45::{self, TwitterApi45};
use super::twitter241::{self, Twitter241};
use super::x_api::{self, XApi};
use super::youtube_data_api::{self, YouTubeDataApi};
use super::youtube_rss::{self, YouTubeRss};
use super::youtube138::{self, YouTube138};
use super::{Provider, Question, UserIds};
use crate::clock::Clock;
use crate::platform::Platform;

/// Something that providers can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    /// A post's counts.
    PostStats,
    /// A creator's profile.
    Profile,
    /// A creator's most recent videos.
    ChannelVideos,
}

/// A key of the operator's, which turns providers on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Key {
    /// For all of RapidAPI's products.
    RapidApi,
    /// For ScrapeCreators.
    ScrapeCreators,
    /// For HikerAPI.
    HikerApi,
    /// For YouTube's Data API.
    YouTube,
    /// For X's API: the app's bearer token.
    X,
}

impl Key {
    /// The variable that holds it.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::RapidApi => "RAPIDAPI_KEY",
            Self::ScrapeCreators => "SCRAPECREATORS_API_KEY",
            Self::HikerApi => "HIKERAPI_KEY",
            Self::YouTube => "YOUTUBE_API_KEY",
            Self::X => "X_BEARER_TOKEN",
        }
    }

    /// The headers that carry it. Never the query: addresses end up in logs.
    fn headers(self, key: &SecretString, entry: &Entry, base_url: &Url) -> HeaderMap {
        let key = key.expose_secret();
        let (name, value) = match self {
            Self::RapidApi => ("x-rapidapi-key", secret(key)),
            Self::ScrapeCreators => ("x-api-key", secret(key)),
            Self::HikerApi => ("x-access-key", secret(key)),
            Self::YouTube => ("x-goog-api-key", secret(key)),
            Self::X => ("authorization", secret(&format!("Bearer {key}"))),
        };
        let mut headers: HeaderMap =
            value.map(|value| (name.try_into().expect("a header's name"), value)).into_iter().collect();
        if self == Self::RapidApi {
            // The gateway's name for the product; where a stand-in is asked, the product's own.
            let named = base_url.host_str().filter(|host| host.ends_with(".rapidapi.com"));
            let host = named.unwrap_or_else(|| entry.base_url.trim_start_matches("https://"));
            headers.extend(HeaderValue::from_str(host).map(|host| (HeaderName::from_static("x-rapidapi-host"), host)));
        }
        headers
    }
}

/// A provider, on or not.
#[derive(Debug)]
pub struct Entry {
    /// Its name, as answers show it.
    pub name: &'static str,
    /// The key that turns it on; None where it needs none.
    pub key: Option<Key>,
    /// The address that paths are added to, unless the operator names another.
    pub base_url: &'static str,
    /// Whose data it passes on. Two providers of one source can't confirm each other.
    pub source: &'static str,
    make: fn(Api) -> Box<dyn Provider>,
}

impl Entry {
    const fn new(
        name: &'static str,
        key: Option<Key>,
        base_url: &'static str,
        make: fn(Api) -> Box<dyn Provider>,
    ) -> Self {
        Self { name, key, base_url, source: name, make }
    }

    const fn on_rapidapi(name: &'static str, base_url: &'static str, make: fn(Api) -> Box<dyn Provider>) -> Self {
        Self::new(name, Some(Key::RapidApi), base_url, make)
    }

    /// The variable that names another base address.
    #[must_use]
    pub fn base_url_variable(&self) -> String {
        format!("{}_BASE_URL", self.name.replace('-', "_").to_uppercase())
    }
}

/// All providers.
pub const ENTRIES: &[Entry] = &[
    Entry::on_rapidapi(tiktok_api23::NAME, "https://tiktok-api23.p.rapidapi.com", |api| {
        Box::new(TikTokApi23(Product(api)))
    }),
    Entry {
        source: tikwm::TIKWM,
        ..Entry::on_rapidapi(tikwm::SCRAPER7, "https://tiktok-scraper7.p.rapidapi.com", |api| {
            Box::new(Tikwm::OnRapidApi(Product(api)))
        })
    },
    Entry::on_rapidapi(
        instagram_scraper_stable_api::NAME,
        "https://instagram-scraper-stable-api.p.rapidapi.com",
        |api| Box::new(InstagramScraperStableApi(Product(api))),
    ),
    Entry::on_rapidapi(instagram_looter2::NAME, "https://instagram-looter2.p.rapidapi.com", |api| {
        Box::new(InstagramLooter2(Product(api)))
    }),
    Entry::on_rapidapi(youtube138::NAME, "https://youtube138.p.rapidapi.com", |api| Box::new(YouTube138(Product(api)))),
    Entry::on_rapidapi(twitter_api45::NAME, "https://twitter-api45.p.rapidapi.com", |api| {
        Box::new(TwitterApi45(Product(api)))
    }),
    Entry::on_rapidapi(twitter241::NAME, "https://twitter241.p.rapidapi.com", |api| Box::new(Twitter241(Product(api)))),
    Entry::on_rapidapi(facebook_scraper3::NAME, "https://facebook-scraper3.p.rapidapi.com", |api| {
        Box::new(FacebookScraper3(Product(api)))
    }),
    Entry::on_rapidapi(
        fresh_linkedin_profile_data::NAME,
        "https://fresh-linkedin-profile-data.p.rapidapi.com",
        |api| Box::new(FreshLinkedInProfileData(Product(api))),
    ),
    Entry::on_rapidapi(linkedin_data_api::NAME, "https://linkedin-data-api.p.rapidapi.com", |api| {
        Box::new(LinkedInDataApi(Product(api)))
    }),
    Entry::new(scrapecreators::NAME, Some(Key::ScrapeCreators), "https://api.scrapecreators.com", |api| {
        Box::new(ScrapeCreators(api))
    }),
    Entry::new(hikerapi::NAME, Some(Key::HikerApi), "https://api.hikerapi.com", |api| Box::new(HikerApi(api))),
    Entry::new(youtube_data_api::NAME, Some(Key::YouTube), "https://www.googleapis.com/youtube/v3", |api| {
        Box::new(YouTubeDataApi(api))
    }),
    Entry::new(x_api::NAME, Some(Key::X), "https://api.x.com", |api| Box::new(XApi(api))),
    Entry::new(tikwm::TIKWM, None, "https://www.tikwm.com/api", |api| Box::new(Tikwm::Direct(api))),
    Entry::new(youtube_rss::NAME, None, "https://www.youtube.com", |api| Box::new(YouTubeRss(api))),
    Entry::new(fxtwitter::NAME, None, "https://api.fxtwitter.com", |api| Box::new(FxTwitter(api))),
];

/// Who can be asked, in the order in which they are unless the operator names another: cheap and proved ones first, keyless ones
/// last.
#[must_use]
pub const fn order(platform: Platform, operation: Operation) -> &'static [&'static str] {
    match (operation, platform) {
        (Operation::PostStats, Platform::TikTok) => {
            &[tiktok_api23::NAME, tikwm::SCRAPER7, scrapecreators::NAME, tikwm::TIKWM]
        }
        (Operation::PostStats, Platform::Instagram) => {
            &[hikerapi::NAME, scrapecreators::NAME, instagram_scraper_stable_api::NAME, instagram_looter2::NAME]
        }
        (Operation::PostStats, Platform::YouTube) => &[youtube_data_api::NAME, scrapecreators::NAME, youtube138::NAME],
        (Operation::PostStats, Platform::Twitter) => {
            &[twitter_api45::NAME, twitter241::NAME, scrapecreators::NAME, x_api::NAME, fxtwitter::NAME]
        }
        (Operation::PostStats, Platform::Facebook) => &[facebook_scraper3::NAME, scrapecreators::NAME],
        (Operation::PostStats, Platform::LinkedIn) => {
            &[fresh_linkedin_profile_data::NAME, linkedin_data_api::NAME, scrapecreators::NAME]
        }
        (Operation::Profile | Operation::ChannelVideos, Platform::TikTok) => {
            &[tiktok_api23::NAME, tikwm::SCRAPER7, scrapecreators::NAME, tikwm::TIKWM]
        }
        (Operation::Profile, Platform::Instagram) => {
            &[hikerapi::NAME, scrapecreators::NAME, instagram_scraper_stable_api::NAME, instagram_looter2::NAME]
        }
        // One call in place of two.
        (Operation::ChannelVideos, Platform::Instagram) => {
            &[scrapecreators::NAME, hikerapi::NAME, instagram_scraper_stable_api::NAME, instagram_looter2::NAME]
        }
        (Operation::Profile, Platform::YouTube) => &[youtube_data_api::NAME, scrapecreators::NAME, youtube138::NAME],
        (Operation::ChannelVideos, Platform::YouTube) => {
            &[youtube_data_api::NAME, youtube_rss::NAME, scrapecreators::NAME]
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
    ids: Box<dyn UserIds>,
}

impl Providers {
    /// The providers that `settings` turn on, which remember creators' ids in `ids`.
    #[must_use]
    pub fn new(settings: &Settings, times: Times, clock: Clock, http: &HttpClient, ids: Box<dyn UserIds>) -> Self {
        let on = ENTRIES.iter().filter_map(|entry| {
            let api = Api::new(http.clone(), settings.base_urls[entry.name].clone(), settings.headers(entry)?);
            Some(Guarded::new(entry, (entry.make)(api)))
        });
        Self { on: on.collect(), orders: settings.orders.clone(), times, clock, ids }
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
    pub async fn ask<Q: Question>(&self, question: &Q, deadline: Instant) -> Report<Q::Answer> {
        let providers: Vec<&Guarded> = self.asked(question.platform(), Q::OPERATION).collect();
        ask(&providers, question, self.ids.as_ref(), &self.times, &self.clock, deadline).await
    }

    /// Those that are on, in the order in which they are asked for this.
    fn asked(&self, platform: Platform, operation: Operation) -> impl Iterator<Item = &Guarded> {
        let order = self.orders.get(&(platform, operation)).into_iter().flatten();
        order.filter_map(|name| self.on.iter().find(|guarded| guarded.name() == *name))
    }
}
