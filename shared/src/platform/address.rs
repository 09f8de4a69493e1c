//! A web address, taken apart for the grammars: whose domain, which subdomain, the path's segments, the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::{LinkError, Platform};

/// Longer texts are no links that a share button gives. In bytes.
const MAX_LENGTH: usize = 2048;
/// No form that we read has more segments.
const MAX_SEGMENTS: usize = 10;

/// A parsed address, its path decoded.
pub(super) struct Parsed {
    url: Url,
    /// Set where the path has escapes: its segments as their author wrote them.
    decoded: Option<String>,
}

/// What a grammar reads.
pub(super) struct Address<'a> {
    /// The platform's domain; its main one where the site is a mirror.
    pub domain: &'a str,
    /// What stands before the domain, without its dot; empty for "www" too.
    pub subdomain: &'a str,
    /// The path's segments that aren't empty.
    pub path: &'a [&'a str],
    url: &'a Url,
}

impl Parsed {
    /// Reads an address, which people also write without its scheme.
    pub(super) fn read(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(LinkError::TooLong);
        }
        let has_scheme =
            |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        let url = if has_scheme("https:") || has_scheme("http:") {
            Url::parse(text)
        } else {
            let rest = text.strip_prefix("//").unwrap_or(text);
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            // Another scheme, or a user name, or no host at all.
            if host.is_empty() || host.contains([':', '@']) {
                return Err(LinkError::NotALink);
            }
            Url::parse(&format!("https://{rest}"))
        };
        let url = url.map_err(|_| LinkError::NotALink)?;
        match url.host() {
            Some(Host::Domain(name)) if name.contains('.') => {}
            _ => return Err(LinkError::NotALink),
        }
        let decoded = url.path().contains('%').then(|| decode(url.path()));
        Ok(Self { url, decoded })
    }

    /// Hands the address to the grammar of its platform: the host's, or the named one where we don't know the host.
    pub(super) fn with_address<T>(
        &self,
        named: Option<Platform>,
        read: impl FnOnce(Platform, &Address<'_>) -> Result<T, LinkError>,
    ) -> Result<T, LinkError> {
        let host = self.url.host_str().unwrap_or_default();
        let host = host.strip_suffix('.').unwrap_or(host);
        let (subdomain, domain) = split(host);
        // The one host of ours on another's domain: YouTube's old player.
        let (subdomain, domain) =
            if host == "youtube.googleapis.com" { ("", Platform::YouTube.domain()) } else { (subdomain, domain) };
        let (platform, domain, subdomain) = match (Platform::of_domain(domain), named) {
            (Some(link), Some(named)) if link != named => return Err(LinkError::Contradiction { link, named }),
            (Some(platform), _) => (platform, domain, subdomain),
            (None, Some(named)) => (named, named.domain(), ""),
            (None, None) => return Err(LinkError::UnknownSite(host.to_owned())),
        };
        if self.url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
            // The path said nothing then; what was meant is behind it.
            return Err(LinkError::OtherPage { platform, page: "link of an old kind, with #!" });
        }
        let mut segments = [""; MAX_SEGMENTS];
        let mut count = 0;
        let path = self.decoded.as_deref().unwrap_or_else(|| self.url.path());
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let Some(place) = segments.get_mut(count) else {
                return Err(LinkError::OtherPage { platform, page: "page" });
            };
            *place = segment;
            count += 1;
        }
        let subdomain = if subdomain == "www" { "" } else { subdomain };
        read(platform, &Address { domain, subdomain, path: &segments[..count], url: &self.url })
    }
}

impl Address<'_> {
    /// The query parameter of this name; names are case-sensitive.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.url.query()?;
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Subdomain and domain: the last two labels. None of the platforms' domains has more.
fn split(host: &str) -> (&str, &str) {
    let last_dot = host.rfind('.').unwrap_or(0);
    match host[..last_dot].rfind('.') {
        Some(dot) => (&host[..dot], &host[dot + 1..]),
        None => ("", host),
    }
}

/// The path with its escapes undone, segment by segment. One that would fall apart or isn't UTF-8 stays as it is.
fn decode(path: &str) -> String {
    let segments = path.split('/').map(|segment| match percent_decode_str(segment).decode_utf8() {
        Ok(decoded) if !decoded.contains('/') => decoded,
        _ => Cow::Borrowed(segment),
    });
    segments.collect::<Vec<_>>().join("/")
}
