//! Hosts of other sites. Creators are never read from them. A post is read only with `platform`:
//! from a known mirror of that platform, or from an unknown host in a form that only that platform
//! has.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::address::{Parts, read_path, whose};
use super::{Link, LinkError, Page, Platform, Post};

/// Hosts that show a platform's posts under the platform's own paths, by domain.
// Sources: instances of Invidious, Piped, Poke, Nitter, ProxiTok, Kittygram and Proxigram are, now
// or earlier, in LibRedirect's list (<https://github.com/libredirect/instances>), yt-dlp's or the
// projects' own (<https://docs.invidious.io/instances/>,
// <https://github.com/zedeus/nitter/wiki/Instances>). Hosts for embedding belong to FxTwitter
// (<https://github.com/FixTweet/FxTwitter>), BetterTwitFix, vxtiktok
// (<https://github.com/dylanpdx>), fxTikTok (<https://github.com/okdargy/fxTikTok>), InstaFix
// (<https://github.com/Wikidepia/InstaFix>), facebed (<https://github.com/facebed/facebed>) and
// Embed Fixer (<https://github.com/seriaati/embed-fixer>). Some others, and HookTube, Imginn and
// Twitter64, were seen in the code of bots that write them instead of the platform's host.
static MIRRORS: LazyLock<HashMap<&str, Platform>> = LazyLock::new(|| {
    let row = |row: &'static str| {
        let (domain, platform) = row.split_once('\t')?;
        Some((domain, platform.parse().ok()?))
    };
    include_str!("mirrors.tsv").lines().skip(1).filter_map(row).collect()
});

/// Known other sites by domain, with their kinds and names. They were written from memory, then
/// compared with lists: slightly more than two of five are in the list of shorteners of
/// <https://github.com/PeterDaveHello/url-shorteners>, in the sites of
/// <https://github.com/soxoj/maigret>, or in the extractors of <https://github.com/yt-dlp/yt-dlp>
/// and <https://github.com/mikf/gallery-dl>. No list has the others, most of them shops and link
/// pages.
static SITES: LazyLock<HashMap<&str, Site>> = LazyLock::new(|| {
    let row = |row: &'static str| {
        let mut cells = row.split('\t');
        let (domain, kind, name) = (cells.next()?, cells.next()?, cells.next()?);
        Some((domain, Site { kind, name }))
    };
    include_str!("sites.tsv").lines().skip(1).filter_map(row).collect()
});

/// The ends of names in local networks. Sources: RFC 6761 and 6762, ICANN's `internal`, and the
/// names in clusters.
const LOCAL: [&str; 14] = [
    "arpa",
    "cluster",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "private",
    "svc",
    "test",
];

/// A known other site.
struct Site {
    kind: &'static str,
    name: &'static str,
}

/// Reads an address on a host that belongs to no platform.
pub(super) fn read(parts: &Parts<'_>, named: Option<Platform>) -> Result<Link, LinkError> {
    let host = parts.host.strip_suffix('.').unwrap_or(parts.host);
    // IP addresses, and names in local networks.
    let Some((_, end)) = host.rsplit_once('.').filter(|(_, end)| !LOCAL.contains(end)) else {
        return Err(LinkError::NotALink);
    };
    if let Some(site) = by_domain(&SITES, host) {
        return Err(LinkError::KnownSite { site: shown(host), kind: site.kind, name: site.name });
    }
    if host.contains(',')
        && let Some((platform, ..)) = whose(&host.replace(',', "."))
    {
        return Err(LinkError::OtherPage { platform, page: Page::Broken("link with a comma in its host") });
    }
    let mirrored = by_domain(&MIRRORS, host).copied();
    let post = match (mirrored, named) {
        (Some(platform), Some(named)) if platform == named => post(parts, named),
        (Some(_), Some(_)) => None,
        (None, Some(named)) => {
            post(parts, named).filter(|post| (named.grammar().is_unmistakable)(post, parts.path, parts.query))
        }
        (_, None) => None,
    };
    match (post, mirrored) {
        (Some(post), _) => Ok(Link::Post(post)),
        (None, Some(platform)) => Err(LinkError::Mirror { site: shown(host), platform }),
        (None, None) if end.bytes().any(|byte| byte.is_ascii_digit()) && !end.starts_with("xn--") => {
            Err(LinkError::NotALink)
        }
        (None, None) => Err(LinkError::UnknownSite(shown(host))),
    }
}

/// The post, read with this platform's grammar.
fn post(parts: &Parts<'_>, platform: Platform) -> Option<Post> {
    let read =
        |parts: &_| read_path(platform, platform.domain(), "", parts, |address| (platform.grammar().read)(address));
    match read(parts) {
        Ok(Link::Post(post)) => Some(post),
        _ => None,
    }
}

/// The known other site of this host, or of its parent domains.
pub(super) fn is_known(host: &str) -> bool {
    by_domain(&SITES, host).is_some() || by_domain(&MIRRORS, host).is_some()
}

fn by_domain<'a, T>(rows: &'a HashMap<&str, T>, host: &str) -> Option<&'a T> {
    let domains = std::iter::successors(Some(host), |domain| domain.split_once('.').map(|(_, rest)| rest));
    domains.filter(|domain| domain.contains('.')).find_map(|domain| rows.get(domain))
}

/// A host for messages, cut off at a limit.
fn shown(host: &str) -> String {
    const LONGEST: usize = 60;
    match host.char_indices().nth(LONGEST) {
        Some((end, _)) => [&host[..end], "…"].concat(),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rows(text: &'static str) -> Vec<Vec<&'static str>> {
        text.lines().skip(1).map(|row| row.split('\t').collect()).collect()
    }

    #[test]
    fn every_known_host_is_listed_once_in_order_in_lower_case_and_is_not_a_platforms() {
        let tables = [rows(include_str!("mirrors.tsv")), rows(include_str!("sites.tsv"))];
        for table in &tables {
            let domains: Vec<&str> = table.iter().map(|row| row[0]).collect();
            assert!(domains.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", {
                domains.windows(2).find(|pair| pair[0] >= pair[1])
            });
            for domain in domains {
                assert_eq!(domain, domain.to_lowercase());
                assert!(domain.contains('.') && !domain.starts_with("www."), "{domain}");
                assert_eq!(whose(domain).map(|(platform, ..)| platform), None, "{domain}");
            }
        }
        let [mirrors, sites] = tables.map(|table| table.into_iter().map(|row| row[0]).collect::<BTreeSet<_>>());
        assert_eq!(mirrors.intersection(&sites).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn every_row_is_whole() {
        assert_eq!(MIRRORS.len(), rows(include_str!("mirrors.tsv")).len());
        assert_eq!(SITES.len(), rows(include_str!("sites.tsv")).len());
        assert!(SITES.len() > 300, "{}", SITES.len());
        for (domain, Site { kind, name }) in SITES.iter() {
            assert!(!kind.is_empty() && !name.is_empty(), "{domain}");
        }
    }
}
