//! The work of a cached answer beside DynamoDB: the key's check and the envelope. And the e-mail
//! address in a bio, compared with linkify alone.

use std::collections::BTreeMap;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use linkify::{LinkFinder, LinkKind};
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
    let fetched = Fetched::new(value, "fxtwitter", jiff::Timestamp::now());
    let success = Success::new(PostStatsData::new(post, fetched, ()));
    let outcome = Ok(Success { cached: true, ..success });
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

/// A long description, with an address in its last third.
const LONG_BIO: &str = "\
    Hi, I'm Mila 👋 I film food, trains and small towns between Graz and Trieste. New videos on Tuesdays and Fridays, \
    shorts in between; my gear is listed at https://example.com/gear?from=bio (some links are affiliate links).\n\
    ✨ Ich zeige euch, wo man für wenig Geld gut isst – und wo nicht. Ein „Danke“ an alle, die seit 2017 dabei sind!\n\
    🎥 Camera: 24 mm f/2.8 • Sound: two small microphones • Edit: at night, with tea. ❤️ Mamma di due gatti, 100% vegan.\n\
    📍 Next stops: São Paulo, Łódź, İzmir. Путешествую медленно; пишите, где вкусно. お店の情報もお待ちしています。\n\
    TikTok & IG: @mila.on.tour | second channel: youtube.com/@milaontour2 | Discord: example.com/mila\n\
    Music in the videos is licensed, see example.org/licences/4711. All opinions are mine, and dot dot dot, my cats'.\n";
const ADDRESS: &str = "💼 Business: mila (dot) kovac [at] example (dot) com, or press@example.org.\n";

/// 2,000 characters.
fn long_bio() -> String {
    let text = LONG_BIO.chars().cycle().take(1400).chain(ADDRESS.chars()).chain(LONG_BIO.chars().cycle());
    text.take(2000).collect()
}

#[divan::bench]
fn email_in_2000_characters(bencher: Bencher<'_, '_>) {
    let profile = Profile { bio: Some(long_bio()), ..Profile::default() };
    bencher.bench_local(|| email_of(black_box(&profile)));
}

/// The floor: linkify alone, which looks for at signs only.
#[divan::bench]
fn linkify_over_2000_characters(bencher: Bencher<'_, '_>) {
    let bio = long_bio();
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Email]);
    bencher.bench_local(|| finder.links(black_box(&bio)).count());
}
