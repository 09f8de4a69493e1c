//! The platforms' own redirects to another page, which they use for links on their pages and in
//! mails, and for consent pages.

use std::borrow::Cow;

use super::address::{self, Address, Manner};
use super::{Link, LinkError, Platform};

/// A page that leads to the address in its query.
struct WayOut {
    platform: Platform,
    /// The subdomain; `None` for any.
    subdomain: Option<&'static str>,
    path: &'static [&'static str],
    parameter: &'static str,
}

const fn on_any(platform: Platform, path: &'static [&'static str], parameter: &'static str) -> WayOut {
    WayOut { platform, subdomain: None, path, parameter }
}

const fn on(subdomain: &'static str, platform: Platform, parameter: &'static str) -> WayOut {
    WayOut { platform, subdomain: Some(subdomain), path: &[], parameter }
}

/// Sources: `l.php`, `linkshim` and `redirect` on Facebook, Instagram and YouTube are in the rules
/// of `ClearURLs` (<https://github.com/ClearURLs/Rules>) or in Ural
/// (<https://github.com/medialab/ural>). The others were seen in links in public code, with these
/// exceptions, which were written from memory: the embeddings, the consent pages except `m`, and
/// LinkedIn's `general-malware-page` and plain `redirect`.
const WAYS_OUT: [WayOut; 20] = [
    on_any(Platform::Facebook, &["l.php"], "u"),
    on("l", Platform::Facebook, "u"),
    on("lm", Platform::Facebook, "u"),
    on_any(Platform::Facebook, &["flx", "warn"], "u"),
    on_any(Platform::Facebook, &["plugins", "post.php"], "href"),
    on_any(Platform::Facebook, &["plugins", "video.php"], "href"),
    on("l", Platform::Instagram, "u"),
    on_any(Platform::Instagram, &["l.php"], "u"),
    on_any(Platform::Instagram, &["linkshim"], "u"),
    on("consent", Platform::YouTube, "continue"),
    WayOut { platform: Platform::YouTube, subdomain: Some("consent"), path: &["m"], parameter: "continue" },
    WayOut { platform: Platform::YouTube, subdomain: Some("consent"), path: &["ml"], parameter: "continue" },
    on_any(Platform::YouTube, &["redirect"], "q"),
    on_any(Platform::LinkedIn, &["safety", "go"], "url"),
    on_any(Platform::LinkedIn, &["redir", "redirect"], "url"),
    on_any(Platform::LinkedIn, &["redir", "general-malware-page"], "url"),
    on_any(Platform::LinkedIn, &["redirect"], "url"),
    on_any(Platform::Twitter, &["i", "redirect"], "url"),
    on_any(Platform::Twitter, &["safety", "unsafe_link_warning"], "unsafe_link"),
    on_any(Platform::TikTok, &["link", "v2"], "target"),
];

/// Reads the address inside a platform's own redirect; `None` if this isn't one.
pub(super) fn unwrapped(platform: Platform, address: &Address<'_>) -> Option<Result<Link, LinkError>> {
    let target = target(platform, address)?;
    let link = address::read(address::trimmed(&target), Manner { named: None, unwraps: false });
    Some(link.map_err(|error| match error.site() {
        Some(site) => LinkError::WayOut { platform, site: site.to_owned() },
        None if error == LinkError::NotALink => LinkError::OtherPage { platform, page: "link to another site".into() },
        None => error,
    }))
}

fn target<'a>(platform: Platform, address: &'a Address<'_>) -> Option<Cow<'a, str>> {
    // The paths of Facebook's embeddings begin with a version.
    let path = match address.path {
        [version, rest @ ..] if platform == Platform::Facebook && version.starts_with('v') && version.contains('.') => {
            rest
        }
        path => path,
    };
    let is_it = |way: &&WayOut| {
        way.platform == platform
            && way.path == path
            && way.subdomain.is_none_or(|subdomain| subdomain == address.subdomain)
    };
    WAYS_OUT.iter().filter(is_it).find_map(|way| address.query(way.parameter))
}
