//! Which providers there are, which are on, and in what order they are asked.

use std::collections::HashMap;

use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;

use super::chain::{Guarded, Report, Times, ask};
use super::http::HttpClient;
use super::tiktok_api23::{self, TikTokApi23};
use super::tikwm::{self, Scraper7, Tikwm};
use super::{Provider, Question};
use crate::clock::Clock;
use crate::platform::Platform;

/// Something that providers can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    /// A post's counts.
    PostStats,
}

/// Which providers are on, and where.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Turns on all RapidAPI products.
    pub rapidapi_key: Option<SecretString>,
    /// Turns on the providers that need no key.
    pub keyless: bool,
    /// The addresses that paths are added to, by provider name.
    pub base_urls: HashMap<&'static str, Url>,
}

/// The order in which a platform's providers are asked.
const fn order(platform: Platform, operation: Operation) -> &'static [&'static str] {
    match (platform, operation) {
        (Platform::TikTok, Operation::PostStats) => &[tiktok_api23::NAME, tikwm::SCRAPER7, tikwm::TIKWM],
        _ => &[],
    }
}

/// The providers that are on.
pub struct Providers {
    on: Vec<Guarded>,
    times: Times,
    clock: Clock,
}

impl Providers {
    /// The providers that `settings` turn on.
    #[must_use]
    pub fn new(settings: &Settings, times: Times, clock: Clock, http: &HttpClient) -> Self {
        let mut on: Vec<Box<dyn Provider>> = Vec::new();
        let base = |name| &settings.base_urls[name];
        if let Some(key) = &settings.rapidapi_key {
            on.push(Box::new(TikTokApi23::new(http.clone(), base(tiktok_api23::NAME), key)));
            on.push(Box::new(Scraper7::new(http.clone(), base(tikwm::SCRAPER7), key)));
        }
        if settings.keyless {
            on.push(Box::new(Tikwm::new(http.clone(), base(tikwm::TIKWM).clone())));
        }
        let on = on.into_iter().map(Guarded::new).collect();
        Self { on, times, clock }
    }

    /// The names of those that are on.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.on.iter().map(Guarded::name)
    }

    /// Whether any that is on does this.
    #[must_use]
    pub fn can(&self, platform: Platform, operation: Operation) -> bool {
        order(platform, operation).iter().any(|name| self.find(name).is_some())
    }

    /// Asks one after the other until one answers.
    pub async fn ask<Q: Question>(&self, question: &Q, deadline: Instant) -> Report<Q::Answer> {
        let order = order(question.platform(), Q::OPERATION);
        let providers: Vec<&Guarded> = order.iter().filter_map(|name| self.find(name)).collect();
        ask(&providers, question, &self.times, &self.clock, deadline).await
    }

    fn find(&self, name: &str) -> Option<&Guarded> {
        self.on.iter().find(|guarded| guarded.name() == name)
    }
}

/// Variables that turn more providers on, and which ones.
pub const KEYS: &[(&str, &[&str])] = &[("RAPIDAPI_KEY", &[tiktok_api23::NAME, tikwm::SCRAPER7])];
