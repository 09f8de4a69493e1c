//! Reading links, against what the WHATWG parser takes for the same links in the same run: the ratio is the figure, the times are this
//! machine's.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use shared::platform::{Platform, parse};
use url::Url;

/// The forms that the tests read too.
const FORMS: &[(Platform, &str, &str)] = &include!("../src/platform/forms.rs");
const LINKS: usize = 4096;

fn main() {
    divan::main();
}

/// The forms in an order without order, as callers send them.
fn links() -> Vec<&'static str> {
    let mut state = 1_u64;
    let mut next = || {
        // Knuth's linear congruential generator: the same order in every run.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % FORMS.len()
    };
    (0..LINKS).map(|_| FORMS[next()].1).collect()
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(LINKS)).with_inputs(links).bench_refs(|links| {
        for link in links {
            let _ = black_box(parse(black_box(link), None));
        }
    });
}

/// The floor: the same links through the WHATWG parser alone.
#[divan::bench]
fn whatwg_alone(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(LINKS)).with_inputs(links).bench_refs(|links| {
        for link in links {
            let _ = black_box(Url::parse(black_box(link)));
        }
    });
}
