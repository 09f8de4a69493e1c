//! Properties that hold for all input from callers and providers, one for each place where such
//! bytes enter. The fuzz targets search for bytes that break a property. The tests try the inputs
//! of earlier runs that reached much code.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Response};
use lambda_http::Request;
use serde::Deserialize;
use serde_json::Value;
use shared::account::{ApiKey, Mode};
use shared::clock::Clock;
use shared::config::Config;
use shared::contract::{ApiError, Endpoint, Options, Ping, api_key, read};
use shared::creator::{
    Contact, EmailSource, Fetched, MAX_VIDEOS, Operation, Outcome, PostStats, Profile, VideoList, Window, email_of,
};
use shared::dynamodb::{Access, client};
use shared::metrics::Metrics;
use shared::pipeline::{App, DemoKeys, free};
use shared::platform::{Creator, CreatorKind, IdKind, Link, Platform, Post, Subject, Target, by_name, parse};
use shared::provider::{HttpClient, Key, Providers, Question, UserIds, order};
use strum::IntoEnumIterator;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use url::Url;

/// A property of all input. It panics if it doesn't hold.
pub type Property = fn(&[u8]);

/// Every property, with the name of its fuzz target and its seeds.
pub const PROPERTIES: [(&str, Property); 6] = [
    ("links", links),
    ("usernames", usernames),
    ("bodies", bodies),
    ("keys", keys),
    ("mappings", mappings),
    ("bios", bios),
];

/// The canonical address of each link must read back as the same link. For text that is only a
/// link, without escapes and other characters, an empty fragment changes nothing. The fragment
/// makes plain addresses use the WHATWG parser, too.
pub fn links(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let is_link = |byte: u8| byte.is_ascii_graphic() && !b"#%\\\"'<>,|`".contains(&byte);
    let is_alone = text.starts_with("https://") && text.matches("http").count() == 1 && text.bytes().all(is_link);
    if is_alone && text.len() < 2048 && text.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '/') {
        assert_eq!(parse(&format!("{text}#"), None).ok(), parse(text, None).ok(), "{text:?}");
    }
    if let Ok(link) = parse(text, None) {
        assert_eq!(parse(link.url(), None), Ok(link.clone()), "{text:?} -> {}", link.url());
    }
}

/// A username with any text around it names one creator of the platform. The creator reads back
/// from its address and its name.
pub fn usernames(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for platform in Platform::iter() {
        let Ok(link) = by_name(platform, text) else { continue };
        assert_eq!(link.platform(), platform, "{text:?}");
        assert_eq!(parse(link.url(), None), Ok(link.clone()), "{text:?} -> {}", link.url());
        if let Link::Creator(Creator { kind: CreatorKind::Handle, id, .. }) = &link {
            assert_eq!(by_name(platform, id), Ok(link.clone()), "{text:?}");
        }
    }
}

/// A body names a subject that reads back from its own address. Otherwise the body is refused as
/// the caller's mistake, with a short message.
pub fn bodies(input: &[u8]) {
    /// In bytes: longer than any message with the longest host name.
    const FEW: usize = 3_000;
    fn body<S: Subject + PartialEq, O: Options>(input: &[u8], link: fn(S) -> Link) {
        let read = || read::<S, O>(input, Duration::from_mins(5));
        let asked = read();
        assert_eq!(asked, read());
        match asked.map(|asked| asked.target) {
            Ok(Target::Subject(subject)) => {
                let link = link(subject);
                // No address on Instagram has a creator's id.
                if matches!(&link, Link::Creator(Creator { platform: Platform::Instagram, kind: CreatorKind::Id, .. }))
                {
                    return;
                }
                assert_eq!(parse(link.url(), None), Ok(link.clone()), "{}", link.url());
            }
            Ok(Target::ShortLink(short)) => assert_eq!(parse(&short.url, None), Ok(Link::Short(short))),
            Err(error) => {
                let error = ApiError::from(error);
                assert_eq!(error.code.status(), 400, "{}", error.message);
                assert!((1..FEW).contains(&error.message.len()), "{}", error.message);
            }
        }
    }
    body::<_, ()>(input, |post: Post| {
        assert_eq!(post.asked().key(), post.key(), "the key also identifies the post that providers are asked for");
        assert_eq!(post.asked().asked(), post.asked());
        Link::Post(post)
    });
    body::<_, Window>(input, |creator: Creator| Link::Creator(creator));
}

/// Headers with a malformed key are refused with 401, without a database. A key that is read equals
/// the sent string, and its debug form hides its secret. The first line is `Authorization`, the
/// second `X-API-Key`.
pub fn keys(input: &[u8]) {
    static APP: LazyLock<App> = LazyLock::new(|| {
        let config = Config::read(|_| None).expect("the defaults make sense");
        let nowhere = client(Access::local("http://127.0.0.1:9"), config.dynamodb);
        let (http, metrics) = (HttpClient::new(true), Metrics::off());
        App::new(config, nowhere, Clock::system(), DemoKeys::Refused, None, http, metrics)
    });
    let mut headers = HeaderMap::new();
    for (name, line) in ["authorization", "x-api-key"].into_iter().zip(input.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.insert(name, value);
        }
    }
    let key = api_key(&headers).and_then(|text| {
        let key = ApiKey::parse(&text).ok()?;
        assert_eq!(key.reveal(), text);
        assert!(text.starts_with(if key.mode() == Mode::Live { "ct_live_" } else { "ct_test_" }));
        assert!(text.ends_with(key.last4()) && text[8..].starts_with(key.account().as_str()));
        assert!(!format!("{key:?} {}", key.id()).contains(&text[18..]), "the debug form shows the secret");
        Some(key)
    });
    // Whether a well-formed key works, only the database knows.
    if key.as_ref().is_none_or(ApiKey::is_public) {
        let mut request = Request::default();
        *request.headers_mut() = headers;
        let answer = free(&APP, Endpoint::Ping, &request, |_, _| Ping { message: "pong" });
        let status = runtime().block_on(answer).status().as_u16();
        let opens = key.is_some_and(|key| key.mode() == Mode::Test);
        assert!(status == if opens { 200 } else { 401 } || (opens && status == 429), "{status}");
    }
}

/// An address that is found in a bio is a valid e-mail address, and is found again in any place of
/// a text.
pub fn bios(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let found = |source, text: &str| {
        let text = text.to_owned();
        let profile = match source {
            EmailSource::Bio => Profile { bio: Some(text), ..Profile::default() },
            _ => Profile { contacts: vec![Contact { source, text }], ..Profile::default() },
        };
        email_of(&profile).map(|email| email.address)
    };
    for source in EmailSource::iter() {
        let Some(address) = found(source, text) else { continue };
        let (local, domain) = address.rsplit_once('@').expect("an at sign");
        assert!((1..=64).contains(&local.chars().count()) && domain.contains('.'), "{address:?} in {text:?}");
        assert!(!address.contains(|c: char| c.is_whitespace() || c.is_control()), "{address:?} in {text:?}");
        assert_eq!(address, address.to_lowercase(), "in {text:?}");
        assert_eq!(found(EmailSource::PublicEmail, &address), Some(address.clone()), "in {text:?}");
    }
}

/// A runtime in which time passes only while all tasks wait.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

/// One provider and operation, with the subject of its fixture.
struct Asked {
    /// The fixture's name.
    name: String,
    operation: Operation,
    provider: &'static str,
    config: Config,
    fixture: Fixture,
}

#[derive(Deserialize)]
struct Fixture {
    link: String,
    asks: Vec<String>,
    #[serde(default)]
    others: BTreeMap<String, Value>,
}

/// Each operation on each platform with each provider of its order, by the names of their fixtures.
static EVERYTHING: LazyLock<Vec<Asked>> = LazyLock::new(|| {
    let all = Operation::iter().flat_map(|operation| Platform::iter().map(move |platform| (operation, platform)));
    let all = all.flat_map(|(operation, platform)| {
        order(platform, operation).iter().map(move |name| (operation, platform, *name))
    });
    all.map(|(operation, platform, provider)| {
        let called: &str = operation.into();
        let name = format!("{}/{platform}/{provider}", called.replace('_', "-"));
        let file = format!("{}/../tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let fixture = std::fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let order = format!("PROVIDER_ORDER_{platform}_{called}").to_uppercase();
        let env = |variable: &str| match variable {
            "KEYLESS_PROVIDERS" => Some("on".to_owned()),
            variable if variable == order => Some(provider.to_owned()),
            variable if Key::iter().any(|key| key.variable() == variable) => Some("s3cret".to_owned()),
            _ => None,
        };
        let config = Config::read(env).expect("a configuration that makes sense");
        Asked { name, operation, provider, config, fixture: serde_json::from_slice(&fixture).expect("a fixture") }
    })
    .collect()
});

/// The present answers on this thread.
struct Answers {
    asked: &'static Asked,
    status: u16,
    body: Vec<u8>,
    /// Whether all requests get this answer, not only the fixture's last one.
    to_all: bool,
}

thread_local! {
    static ANSWERS: RefCell<Option<Answers>> = const { RefCell::new(None) };
}

impl Answers {
    /// The status and the body for this address. The address must be one of the provider's.
    fn to(&self, url: &Url) -> (u16, Vec<u8>) {
        let base = &self.asked.config.providers.base_urls[self.asked.provider];
        assert_eq!(url.origin(), base.origin(), "{url}");
        let path = url.path().strip_prefix(base.path().trim_end_matches('/')).unwrap_or_default();
        let known = EVERYTHING.iter().filter(|asked| asked.provider == self.asked.provider);
        let mut known = known.flat_map(|asked| &asked.fixture.asks).filter_map(|ask| ask.split(['?', ' ']).next());
        assert!(known.any(|known| known == path), "{url} isn't an address of {}", self.asked.provider);
        let Fixture { asks, others, .. } = &self.asked.fixture;
        let main = asks.last().and_then(|ask| ask.split(['?', ' ']).next());
        match others.get(path) {
            Some(body) if !self.to_all && main != Some(path) => {
                let (status, body) = body["$status"].as_u64().map_or((200, body), |status| (status, &body["$body"]));
                (u16::try_from(status).expect("a status"), body.to_string().into_bytes())
            }
            _ => (self.status, self.body.clone()),
        }
    }
}

/// Every answer of a provider gives the same result when it is read twice, passes its check
/// unchanged, and is about the subject. The first line of the input names a fixture, or is a number
/// for one. The next byte contains the status and whether all requests get this answer. The rest is
/// the body.
pub fn mappings(input: &[u8]) {
    tells(input);
}

/// Like [`mappings`]; returns the fixture's name if the answer had data.
pub fn tells(input: &[u8]) -> Option<String> {
    const STATUSES: [u16; 8] = [200, 200, 200, 400, 401, 403, 404, 429];
    let end_of_name = input.iter().position(|byte| *byte == b'\n')?;
    let (name, [_, how, body @ ..]) = input.split_at(end_of_name) else { return None };
    let any = || name.iter().map(|byte| usize::from(*byte)).sum::<usize>() % EVERYTHING.len();
    let named = EVERYTHING.iter().find(|asked| asked.name.as_bytes() == name);
    let asked = named.unwrap_or_else(|| &EVERYTHING[any()]);
    let status = STATUSES[usize::from(*how) % STATUSES.len()];
    ANSWERS.set(Some(Answers { asked, status, body: body.to_owned(), to_all: *how >= 128 }));
    let tells = match (asked.operation, parse(&asked.fixture.link, None)) {
        (Operation::PostStats, Ok(Link::Post(post))) => mapped(asked, &post, is_of_post),
        (Operation::Profile, Ok(Link::Creator(creator))) => mapped(asked, &creator, is_of_creator),
        (Operation::ChannelVideos, Ok(Link::Creator(creator))) => mapped(asked, &creator, is_list_of),
        (_, link) => panic!("{link:?}"),
    };
    tells.then(|| asked.name.clone())
}

/// A memory of ids for the time of one question.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<(String, IdKind), String>>);

#[async_trait::async_trait]
impl UserIds for Memory {
    async fn recall(&self, creator: &Creator, kind: IdKind) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(creator.key().into_owned(), kind)).cloned()
    }

    async fn remember(&self, creator: &Creator, kind: IdKind, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((creator.key().into_owned(), kind), id.to_owned());
    }
}

fn mapped<Q: Question + Clone + PartialEq + Debug>(
    asked: &Asked,
    subject: &Q::Subject,
    is_about: fn(&Q, &Q::Subject),
) -> bool {
    static HTTP: LazyLock<HttpClient> = LazyLock::new(|| {
        HttpClient::answered_by(|request| {
            let answer = ANSWERS.with_borrow(|answers| answers.as_ref().map(|answers| answers.to(request.url())));
            let (status, body) = answer.expect("the thread has an answer");
            let response = Response::builder().status(status).body(body).expect("a response");
            std::future::ready(Ok(response.into())).boxed()
        })
    });
    let ask = || {
        let ids = Arc::new(Memory::default());
        let providers = Providers::new(&asked.config.providers, asked.config.chain, Clock::system(), &HTTP, ids);
        runtime().block_on(async {
            let report = providers.ask::<Q>(subject, Instant::now() + Duration::from_secs(30), &[], None).await;
            let failures: Vec<String> =
                report.attempts.iter().map(|attempt| format!("{:?}", attempt.failure)).collect();
            (told(report.outcome), failures)
        })
    };
    let first = ask();
    assert_eq!(first, ask(), "{}: the same answer gives another result", asked.name);
    let (told, _) = first;
    if let Some(value) = &told {
        assert_eq!(value.clone().checked(subject).as_ref(), Ok(value), "{}", asked.name);
        is_about(value, subject);
    }
    told.is_some()
}

fn told<Q>(outcome: Outcome<Q>) -> Option<Q> {
    match outcome {
        Outcome::Answered(Fetched { value, .. }) => Some(value),
        Outcome::NotFound | Outcome::Failed => None,
    }
}

/// Whether this is the canonical address of the post with this id.
fn leads_to(url: &str, id: &str) -> bool {
    matches!(parse(url, None), Ok(Link::Post(post)) if post.id == id && post.url == url)
}

fn is_of_post(stats: &PostStats, post: &Post) {
    assert!(stats.url.as_ref().is_none_or(|url| leads_to(url, &post.id)), "{stats:?}");
}

fn is_of_creator(profile: &Profile, creator: &Creator) {
    let is_theirs = creator.kind != CreatorKind::Handle || profile.username.to_lowercase() == creator.id;
    assert!(is_theirs, "{} is {}", creator.url, profile.username);
    let is_link = |url: &String| ["https://", "http://", "mailto:"].iter().any(|scheme| has_scheme(url, scheme));
    assert!(profile.external_url.as_ref().is_none_or(is_link), "{:?}", profile.external_url);
}

fn has_scheme(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

fn is_list_of(list: &VideoList, _creator: &Creator) {
    let ids: HashSet<&str> = list.videos.iter().map(|video| video.id.as_str()).collect();
    assert!(ids.len() == list.videos.len() && ids.len() <= MAX_VIDEOS, "{ids:?}");
    for video in &list.videos {
        assert!(leads_to(&video.url, &video.id), "{video:?}");
        assert!(video.stats.url.as_ref().is_none_or(|url| leads_to(url, &video.id)), "{video:?}");
    }
}
