//! The time and memory to ask each provider and map its answer, compared with reading the same body
//! only as JSON. The answer is from inside the process. `asked_alone` does the same with an empty
//! object, so `mapped` minus `asked_alone` is the cost of the mapping.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use divan::{AllocProfiler, Bencher};
use serde_json::Value;
use shared::clock::Clock;
use shared::config::Config;
use shared::creator::{Operation, PostStats, Profile, VideoList};
use shared::platform::{Creator, IdKind, Link, Platform, parse};
use shared::provider::{HttpClient, Key, Providers, UserIds, order};
use strum::IntoEnumIterator;
use system_tests::fixtures::{Asked, Fixture, entry, name_of};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = names())]
fn mapped(bencher: Bencher<'_, '_>, name: &str) {
    let fixture = fixture(name);
    ask(bencher, name, &fixture, body(&fixture));
}

#[divan::bench(args = names())]
fn asked_alone(bencher: Bencher<'_, '_>, name: &str) {
    ask(bencher, name, &fixture(name), Bytes::from_static(b"{}"));
}

/// The lower limit: reading the body as JSON.
#[divan::bench(args = names())]
fn json_alone(bencher: Bencher<'_, '_>, name: &str) {
    let body = body(&fixture(name));
    bencher.bench_local(|| serde_json::from_slice::<Value>(&body));
}

/// The fixtures' subjects whose answer takes one request.
fn asked() -> impl Iterator<Item = Asked> {
    let subjects = Operation::iter().flat_map(|operation| Platform::iter().map(move |platform| (operation, platform)));
    let all = subjects.flat_map(|(operation, platform)| {
        order(platform, operation).iter().map(move |provider| (operation, platform, *provider))
    });
    all.filter(|(operation, platform, provider)| Fixture::of(*operation, *platform, provider).asks.len() == 1)
}

fn names() -> Vec<String> {
    asked().map(name_of).collect()
}

fn named(name: &str) -> Asked {
    asked().find(|asked| name_of(*asked) == name).expect("a fixture of this name")
}

fn fixture(name: &str) -> Fixture {
    let (operation, platform, provider) = named(name);
    Fixture::of(operation, platform, provider)
}

fn body(fixture: &Fixture) -> Bytes {
    fixture.complete().body(fixture).to_string().into()
}

fn ask(bencher: Bencher<'_, '_>, name: &str, fixture: &Fixture, body: Bytes) {
    let (operation, platform, provider) = named(name);
    let answer = move |_| -> futures_util::future::BoxFuture<'static, _> {
        Box::pin(ready(Ok(http::Response::new(body.clone()).into())))
    };
    let providers = providers(operation, platform, provider, HttpClient::answered_by(answer));
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    match parse(&fixture.link, None).expect("a link") {
        Link::Post(post) => bencher.bench_local(|| run::<PostStats>(&runtime, &providers, &post)),
        Link::Creator(creator) if operation == Operation::Profile => {
            bencher.bench_local(|| run::<Profile>(&runtime, &providers, &creator));
        }
        Link::Creator(creator) => bencher.bench_local(|| run::<VideoList>(&runtime, &providers, &creator)),
        Link::Short(_) => unreachable!("fixtures name their subject"),
    }
}

fn run<Q: shared::provider::Question>(
    runtime: &Runtime,
    providers: &Providers,
    subject: &Q::Subject,
) -> shared::provider::Report<Q> {
    runtime.block_on(async { providers.ask::<Q>(subject, Instant::now() + Duration::from_secs(30), &[], None).await })
}

/// The configuration with only this provider.
fn providers(operation: Operation, platform: Platform, provider: &str, http: HttpClient) -> Providers {
    let operation: &str = operation.into();
    let order = format!("PROVIDER_ORDER_{platform}_{operation}").to_uppercase();
    let config = Config::read(|name| match name {
        "KEYLESS_PROVIDERS" => Some("on".to_owned()),
        name if name == order => Some(entry(provider).name.to_owned()),
        name if Key::iter().any(|key| key.variable() == name) => Some("s3cret".to_owned()),
        _ => None,
    });
    let config = config.expect("a configuration");
    Providers::new(&config.providers, config.chain, Clock::system(), &http, Arc::new(Forgetful))
}

/// A memory without any creator's id.
struct Forgetful;

#[async_trait]
impl UserIds for Forgetful {
    async fn recall(&self, _: &Creator, _: IdKind) -> Option<String> {
        None
    }

    async fn remember(&self, _: &Creator, _: IdKind, _: &str) {}
}
