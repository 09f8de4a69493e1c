//! Style, script and pictures. A name has the hash of its content, so that cached copies never
//! become outdated.

use std::sync::LazyLock;

use http::HeaderValue;
use http::header::CACHE_CONTROL;
use sha2::{Digest, Sha256};
use shared::account::{ApiKey, Mode};

use crate::reply::{self, Answer};

/// The only style sheet.
pub const STYLE: &str = include_str!("../assets/style.css");
/// The source of the only script; each part uses only parts before it.
const SOURCE: &str = concat!(
    include_str!("../assets/script/key.js"),
    include_str!("../assets/script/card.js"),
    include_str!("../assets/script/code.js"),
    include_str!("../assets/script/billing.js"),
    include_str!("../assets/script/visit.js"),
);
/// The source's placeholder for the public test key, so that the key has only one declaration.
const PUBLIC_KEY: &str = "SANDBOX_KEY_HERE";
const FAVICON: &str = include_str!("../assets/favicon.svg");

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// The only script.
static SCRIPT: LazyLock<String> = LazyLock::new(|| SOURCE.replace(PUBLIC_KEY, ApiKey::public(Mode::Test).reveal()));
/// The style sheet's name.
pub static STYLE_NAME: LazyLock<String> = LazyLock::new(|| format!("site-{}.css", hash(STYLE)));
/// The script's name.
pub static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| format!("site-{}.js", hash(&SCRIPT)));

/// The beginning of a string's hash.
pub fn hash(text: &str) -> String {
    let beginning = Sha256::digest(text).iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{beginning:016x}")
}

/// The asset with this name.
pub fn file(name: &str) -> Option<Answer> {
    let answer = if name == *STYLE_NAME {
        reply::of("text/css; charset=utf-8", STYLE)
    } else if name == *SCRIPT_NAME {
        reply::of("text/javascript; charset=utf-8", SCRIPT.as_str())
    } else {
        return None;
    };
    Some(reply::with(answer, CACHE_CONTROL, FOR_EVER))
}

/// The icon in a browser's tab.
pub fn favicon() -> Answer {
    reply::with(reply::of("image/svg+xml", FAVICON), CACHE_CONTROL, FOR_A_DAY)
}
