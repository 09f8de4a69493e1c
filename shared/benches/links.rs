//! Reading links, against what the WHATWG parser takes for the same links in the same run: the ratio is the figure, the times are this
//! machine's. Once in the table's order, platform by platform, and once in an order without order, as callers send them, which costs
//! both more.

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
