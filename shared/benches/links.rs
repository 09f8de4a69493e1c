//! Reading links, against what the WHATWG parser takes for the same links in the same run: the ratio is the figure, the times are this
//! machine's.

use divan::{Bencher, black_box};
use shared::platform::{Platform, parse};
use url::Url;

/// The forms that the tests read too.
const FORMS: &[(Platform, &str, &str)] = &include!("../src/platform/forms.rs");

fn main() {
    divan::main();
}

/// Every form once.
#[divan::bench]
fn links(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        for (_, form, _) in FORMS {
            let _ = black_box(parse(black_box(form), None));
        }
    });
}

/// The floor: every form once through the WHATWG parser alone.
#[divan::bench]
fn whatwg_alone(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        for (_, form, _) in FORMS {
            let _ = black_box(Url::parse(black_box(form)));
        }
    });
}
