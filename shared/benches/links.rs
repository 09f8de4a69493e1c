//! Reading links, compared with the WHATWG parser on the same links in the same run: the ratio is
//! the figure, the times are this machine's. Plain links alone, and the whole table with its
//! redirects and refusals: in its order, platform by platform, and in a random order, as callers
//! send them, which costs both more. A link in a text of 500 characters is compared with the same
//! link alone.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use shared::platform::parse;
use url::Url;

const LINKS: usize = 4096;

fn main() {
    divan::main();
}

/// The links that the tests read too.
fn table() -> Vec<&'static str> {
    let rows = include_str!("../src/platform/forms.tsv").lines().skip(1);
    rows.filter_map(|row| row.split('\t').nth(1)).collect()
}

fn shuffled() -> Vec<&'static str> {
    let table = table();
    let mut state = 1_u64;
    let mut next = || {
        // Knuth's linear congruential generator: the same order in every run.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % table.len()
    };
    (0..LINKS).map(|_| table[next()]).collect()
}

/// Those of them that are read, and are as share buttons give them: what callers send most.
fn plain() -> Vec<&'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/@-_.:?=&".contains(&byte);
    let is_read = |link: &str| link.bytes().all(is_plain) && parse(link, None).is_ok();
    table().into_iter().filter(|link| is_read(link)).collect()
}

fn each<T>(bencher: Bencher<'_, '_>, links: fn() -> Vec<&'static str>, work: impl Fn(&str) -> T + Sync) {
    bencher.counter(ItemsCount::new(links().len())).with_inputs(links).bench_refs(|links| {
        for link in links {
            let _ = black_box(work(black_box(link)));
        }
    });
}

#[divan::bench_group]
mod table_order {
    use super::{Bencher, Url, each, parse, table};

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        each(bencher, table, |link| parse(link, None));
    }

    /// The floor: the same links through the WHATWG parser alone.
    #[divan::bench]
    fn whatwg_alone(bencher: Bencher<'_, '_>) {
        each(bencher, table, Url::parse);
    }
}

#[divan::bench_group]
mod plain_links {
    use super::{Bencher, Url, each, parse, plain};

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        each(bencher, plain, |link| parse(link, None));
    }

    /// The floor: the same links through the WHATWG parser alone.
    #[divan::bench]
    fn whatwg_alone(bencher: Bencher<'_, '_>) {
        each(bencher, plain, Url::parse);
    }
}

#[divan::bench_group]
mod no_order {
    use super::{Bencher, Url, each, parse, shuffled};

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        each(bencher, shuffled, |link| parse(link, None));
    }

    /// The floor: the same links through the WHATWG parser alone.
    #[divan::bench]
    fn whatwg_alone(bencher: Bencher<'_, '_>) {
        each(bencher, shuffled, Url::parse);
    }
}

#[divan::bench_group]
mod in_a_text {
    use super::{Bencher, each, parse};

    const LINK: &str = "https://www.tiktok.com/@some.one/video/7106594312292453675?is_from_webapp=1";

    fn alone() -> Vec<&'static str> {
        vec![LINK; 100]
    }

    /// 500 characters, in the midst of which the link stands.
    fn amid_words() -> Vec<&'static str> {
        const WORDS: &str = "We posted this on Monday. It did well, and she said that more will come! ";
        let text = [&WORDS.repeat(3)[..210], " ", LINK, " (50k views) ", &WORDS.repeat(4)].concat();
        let text: String = text.chars().take(500).collect();
        assert!(parse(&text, None) == parse(LINK, None) && text.chars().count() == 500, "{text}");
        vec![text.leak(); 100]
    }

    #[divan::bench]
    fn read_alone(bencher: Bencher<'_, '_>) {
        each(bencher, alone, |link| parse(link, None));
    }

    #[divan::bench]
    fn read_amid_words(bencher: Bencher<'_, '_>) {
        each(bencher, amid_words, |text| parse(text, None));
    }
}
