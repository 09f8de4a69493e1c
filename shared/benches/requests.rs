//! What a cached answer takes beside DynamoDB: the key's check and the envelope; and the e-mail address in a bio.

use std::collections::BTreeMap;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use shared::account::{AccountId, ApiKey, Mode};
use shared::contract::{Data, PostStatsData, Quota, Receipt, Success, reply};
use shared::creator::{Fetched, PostStats, Profile, email_of};
use shared::platform::{Link, parse};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench]
fn key_check(bencher: Bencher<'_, '_>) {
    let key = ApiKey::generate(Mode::Live, &AccountId::random());
    bencher.bench_local(|| ApiKey::parse(black_box(key.reveal())));
}

#[divan::bench]
fn envelope(bencher: Bencher<'_, '_>) {
    let Ok(Link::Post(post)) = parse("https://x.com/i/status/1848831595014459513", None) else { unreachable!() };
    let value = PostStats { views: Some(8_417_688), likes: Some(16_578), ..PostStats::default() };
    let fetched = Fetched { value, provider: "fxtwitter".to_owned(), fetched_at: jiff::Timestamp::now() };
    let outcome = Ok(Success { data: PostStatsData::new(post, fetched), cached: true, platform: None });
    let quota = Quota { limit: 60, remaining: 59, resets_in: 30, window: 60 };
    let receipt = Receipt { quota: Some(quota), ..Receipt::new() };
    bencher.bench_local(|| reply(black_box(&outcome), black_box(&receipt)));
}

/// The bios that the tests read too.
#[divan::bench]
fn email(bencher: Bencher<'_, '_>) {
    let by_kind: BTreeMap<String, Vec<(String, Vec<String>)>> =
        serde_json::from_str(include_str!("../src/creator/email/bios.json")).expect("bios by kind");
    let bios = by_kind.into_values().flatten().map(|(bio, _)| Some(bio));
    let profiles: Vec<_> = bios.map(|bio| Profile { bio, ..Profile::default() }).collect();
    bencher.counter(ItemsCount::new(profiles.len())).bench_local(|| {
        for profile in &profiles {
            black_box(email_of(black_box(profile)));
        }
    });
}
