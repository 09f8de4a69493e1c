//! What each provider's answers come to, one provider at a time: every provider × operation of the default orders has fixtures for its
//! answers and its failures, and a drifted body never becomes a wrong number.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Config;
use shared::creator::{Fetched, Outcome, PostStats};
use shared::platform::{Link, Platform, parse};
use shared::provider::{
    Attempt, ENTRIES, Entry, Failure, HttpClient, Key, Operation, PostStatsOf, Providers, Report, order,
};
use strum::IntoEnumIterator;
use system_tests::Changing;
use system_tests::fixtures::{Answered, Fixture, answer, entry, key_name, refusals};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// One provider alone, asked over HTTP, whose answer can be changed.
struct Bench {
    upstream: MockServer,
    answer: Changing,
    platform: Platform,
    entry: &'static Entry,
    http: HttpClient,
}

impl Bench {
    async fn start(platform: Platform, provider: &str) -> Self {
        let upstream = MockServer::start().await;
        let answer = Changing::new(ResponseTemplate::new(500));
        Mock::given(any()).respond_with(answer.clone()).mount(&upstream).await;
        Self { upstream, answer, platform, entry: entry(provider), http: HttpClient::new(false) }
    }

    async fn ask(&self, link: &str, answer: ResponseTemplate) -> Report<PostStats> {
        self.answer.to(answer);
        let order = format!("PROVIDER_ORDER_{}_POST_STATS", self.platform).to_uppercase();
        let env = |name: &str| match name {
            "KEYLESS_PROVIDERS" => Some("on".to_owned()),
            name if name == order => Some(self.entry.name.to_owned()),
            name if name == self.entry.base_url_variable() => Some(self.upstream.uri()),
            name if Key::iter().any(|key| key.variable() == name) => Some("s3cret".to_owned()),
            _ => None,
        };
        let config = Config::read(env).unwrap();
        // New ones each time: what one answer said must not make the breaker rest for the next.
        let providers = Providers::new(&config.providers, config.chain, Clock::system(), &self.http);
        let Ok(Link::Post(post)) = parse(link, Some(self.platform)) else { panic!("{link}") };
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        providers.ask(&PostStatsOf(post), deadline).await
    }
}

/// Each platform with each provider that can be asked for its posts.
fn everything() -> impl Iterator<Item = (Platform, &'static str)> {
    Platform::iter()
        .flat_map(|platform| order(platform, Operation::PostStats).iter().map(move |provider| (platform, *provider)))
}

fn counts(stats: &PostStats) -> BTreeMap<String, Option<u64>> {
    let PostStats { views, likes, comments, shares, .. } = *stats;
    let counts = [("views", views), ("likes", likes), ("comments", comments), ("shares", shares)];
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn failure(attempts: &[Attempt]) -> Option<&'static str> {
    attempts.first().unwrap().failure.as_ref().map(Into::into)
}

#[test]
fn every_platform_has_two_independent_sources_and_every_provider_is_asked_for_something() {
    for platform in Platform::iter() {
        let names = order(platform, Operation::PostStats);
        let sources: BTreeSet<_> = names.iter().map(|name| entry(name).source).collect();
        assert!(sources.len() >= 2, "{platform}");
    }
    let asked: BTreeSet<_> = everything().map(|(_, provider)| provider).collect();
    assert_eq!(asked, ENTRIES.iter().map(|entry| entry.name).collect());
}

#[test]
fn every_key_is_refused_in_each_way() {
    for key in Key::iter() {
        let known: BTreeSet<_> = refusals(key_name(key)).into_values().map(|refused| refused.is).collect();
        for is in ["key_refused", "out_of_quota", "rate_limited"] {
            assert!(known.contains(is), "{}: {is}", key.variable());
        }
    }
}

#[test]
fn every_provider_has_answers_that_end_the_chain_and_failures_that_tell_missing_from_unavailable() {
    for (platform, provider) in everything() {
        let fixture = Fixture::post_stats(platform, provider);
        assert!(fixture.answers.values().any(Answered::is_complete), "{platform}/{provider}");
        let failures = fixture.all_failures(provider);
        let says = |kinds: &[&str]| failures.values().any(|refused| kinds.contains(&refused.is.as_str()));
        assert!(says(&["unavailable"]), "{platform}/{provider}");
        let says_missing = says(&["not_found", "perhaps_not_found", "not_seen"]);
        assert_ne!(says_missing, fixture.never_says_missing.is_some(), "{platform}/{provider}");
    }
}

#[tokio::test]
async fn an_answer_comes_to_its_counts() {
    for (platform, provider) in everything() {
        let fixture = Fixture::post_stats(platform, provider);
        let bench = Bench::start(platform, provider).await;
        for (name, expected) in &fixture.answers {
            let name = format!("{platform}/{provider}: {name}");
            let link = expected.link.as_ref().unwrap_or(&fixture.link);
            let report = bench.ask(link, answer(200, &expected.body(&fixture))).await;
            let Outcome::Answered(Fetched { value, provider: who, .. }) = report.outcome else {
                panic!("{name}: {:?}", report.attempts)
            };
            assert_eq!(who, provider);
            assert_eq!(counts(&value), expected.counts, "{name}");
            assert_eq!(serde_json::to_value(value.precision).unwrap(), expected.precision.as_str(), "{name}");
            assert_eq!(value.is_complete(platform), expected.is_complete(), "{name}");
            if let Some(url) = &expected.url {
                assert_eq!(value.url.as_ref(), Some(url), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_failure_is_told_by_its_kind() {
    for (platform, provider) in everything() {
        let fixture = Fixture::post_stats(platform, provider);
        let bench = Bench::start(platform, provider).await;
        for (name, refused) in fixture.all_failures(provider) {
            let link = refused.link.as_ref().unwrap_or(&fixture.link);
            let report = bench.ask(link, refused.template(&fixture)).await;
            assert_eq!(
                failure(&report.attempts),
                Some(refused.is.as_str()),
                "{platform}/{provider}: {name}: {report:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_provider_is_asked_in_its_own_way_with_the_key_in_a_header() {
    for (platform, provider) in everything() {
        let fixture = Fixture::post_stats(platform, provider);
        let bench = Bench::start(platform, provider).await;
        bench.ask(&fixture.link, ResponseTemplate::new(404)).await;
        let requests = bench.upstream.received_requests().await.unwrap();
        let [request] = requests.as_slice() else { panic!("{platform}/{provider}: {requests:?}") };
        let pairs: Vec<_> = request.url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        assert_eq!(format!("{}{query}", request.url.path()), fixture.asks, "{platform}/{provider}");
        let has = |name: &str, value: &str| request.headers.get(name).is_some_and(|header| header == value);
        let is_signed = match bench.entry.key {
            None => !format!("{:?}", request.headers).contains("s3cret"),
            Some(Key::RapidApi) => {
                has("x-rapidapi-key", "s3cret") && has("x-rapidapi-host", &format!("{provider}.p.rapidapi.com"))
            }
            Some(Key::ScrapeCreators) => has("x-api-key", "s3cret"),
            Some(Key::HikerApi) => has("x-access-key", "s3cret"),
            Some(Key::YouTube) => has("x-goog-api-key", "s3cret"),
            Some(Key::X) => has("authorization", "Bearer s3cret"),
        };
        assert!(is_signed, "{platform}/{provider}: {:?}", request.headers);
        assert!(request.headers.contains_key("user-agent"));
    }
}

/// The paths of all that is in a body.
fn paths(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| paths(value, &format!("{here}/{key}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| paths(value, &format!("{here}/{place}"), all));
        }
        _ => {}
    }
}

/// The body with one thing in it changed in each way that was seen: gone, null, of another type, emptied, negative, abbreviated.
fn drifted(body: &Value) -> impl Iterator<Item = (String, Value)> {
    let mut all = Vec::new();
    paths(body, "", &mut all);
    let others =
        [json!(null), json!("drifted"), json!({}), json!([]), json!(-1), json!("1.2M"), json!(true), json!(1.5)];
    let changed = all
        .clone()
        .into_iter()
        .flat_map(move |path| others.clone().into_iter().map(move |other| (path.clone(), Some(other))));
    let gone = all.into_iter().skip(1).map(|path| (path, None));
    changed.chain(gone).map(|(path, other)| {
        let mut body = body.clone();
        let name = format!("{path} -> {other:?}");
        match (other, path.rsplit_once('/')) {
            (Some(other), _) => *body.pointer_mut(&path).unwrap() = other,
            (None, Some((parent, key))) => match body.pointer_mut(parent).unwrap() {
                Value::Object(fields) => drop(fields.remove(key)),
                Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                _ => unreachable!("only these have parts"),
            },
            (None, None) => unreachable!("the whole body is not taken away"),
        }
        (name, body)
    })
}

#[rstest]
#[tokio::test]
async fn a_drifted_body_never_becomes_a_wrong_number_nor_a_proof(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    for provider in order(platform, Operation::PostStats) {
        let fixture = Fixture::post_stats(platform, provider);
        let bench = Bench::start(platform, provider).await;
        for (name, expected) in &fixture.answers {
            let link = expected.link.as_ref().unwrap_or(&fixture.link);
            for (drift, body) in drifted(&expected.body(&fixture)) {
                let name = format!("{platform}/{provider}: {name}: {drift}");
                let report = bench.ask(link, answer(200, &body)).await;
                match report.outcome {
                    Outcome::Answered(Fetched { value, .. }) => {
                        for (count, found) in counts(&value) {
                            let or = expected.or.get(&count).into_iter().flatten();
                            let mut right = expected.counts[&count].iter().chain(or);
                            assert!(
                                found.is_none_or(|found| right.any(|right| *right == found)),
                                "{name}: {count} {found:?}"
                            );
                        }
                    }
                    Outcome::Missing => panic!("{name}: taken for missing"),
                    Outcome::Failed => {
                        let failure = report.attempts[0].failure.as_ref();
                        assert!(
                            !matches!(failure, Some(Failure::OutOfQuota | Failure::KeyRefused)),
                            "{name}: {failure:?}"
                        );
                    }
                }
            }
        }
    }
}
