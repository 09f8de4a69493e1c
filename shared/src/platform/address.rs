//! A web address, taken apart for the grammars: whose domain, which subdomain, the path's segments, the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded};

use super::{LinkError, Platform};

/// Longer texts are no links that a share button gives. In bytes.
const MAX_LENGTH: usize = 2048;
/// No form that we read has more segments.
const MAX_SEGMENTS: usize = 10;

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

/// Reads an address and hands it to the grammar of its platform: the host's, or the named one where we don't know the host.
pub(super) fn read<T>(
    text: &str,
    named: Option<Platform>,
    grammar: impl FnOnce(Platform, &Address<'_>) -> Result<T, LinkError>,
) -> Result<T, LinkError> {
    let url = web_address(text)?;
    let (platform, domain, subdomain) = site(&url, named)?;
    if url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        // The path said nothing then; what was meant is behind it.
        return Err(LinkError::OtherPage { platform, page: "link of an old kind, with #!" });
    }
    let decoded;
    let mut path = url.path();
    if path.bytes().any(|byte| byte == b'%') {
        decoded = decode(path);
        path = &decoded;
    }
    let mut segments = [""; MAX_SEGMENTS];
    let Some(count) = split_path(path, &mut segments) else {
        return Err(LinkError::OtherPage { platform, page: "page of another kind" });
    };
    grammar(platform, &Address { domain, subdomain, path: &segments[..count], url: &url })
}

/// The address, which people also write without its scheme.
fn web_address(text: &str) -> Result<Url, LinkError> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    let has_scheme = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
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
    url.map_err(|_| LinkError::NotALink)
}

/// Whose address it is, and the domain and subdomain that its grammar reads; "www" is no subdomain.
fn site(url: &Url, named: Option<Platform>) -> Result<(Platform, &str, &str), LinkError> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let (subdomain, domain) = match split_host(host) {
        // The one host of ours on another's domain: YouTube's old player.
        ("youtube", "googleapis.com") => ("", Platform::YouTube.domain()),
        ("www", domain) => ("", domain),
        parts => parts,
    };
    match (Platform::of_domain(domain), named) {
        (Some(link), Some(named)) if link != named => Err(LinkError::Contradiction { link, named }),
        (Some(platform), _) => Ok((platform, domain, subdomain)),
        // Addresses by number, and names that only a local network knows.
        (None, _) if url.domain().is_none() || !domain.contains('.') => Err(LinkError::NotALink),
        (None, Some(named)) => Ok((named, named.domain(), "")),
        (None, None) => Err(LinkError::UnknownSite(host.to_owned())),
    }
}

impl Address<'_> {
    /// The query parameter of this name; names are case-sensitive, and no platform escapes them.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        let has_name = |pair: &&str| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let pair = self.url.query()?.split('&').find(has_name)?;
        let value = &pair[name.len() + 1..];
        if !value.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
            return Some(Cow::Borrowed(value));
        }
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value)
    }
}

/// Subdomain and domain: the last two labels. None of the platforms' domains has more.
fn split_host(host: &str) -> (&str, &str) {
    let dot_before = |end: usize| host.as_bytes()[..end].iter().rposition(|byte| *byte == b'.');
    match dot_before(host.len()).and_then(dot_before) {
        Some(dot) => (&host[..dot], &host[dot + 1..]),
        None => ("", host),
    }
}

/// Puts the segments that aren't empty into `segments` and counts them; None where there are too many. Byte by byte: searching
/// text for a letter starts anew for each of these short pieces.
fn split_path<'a>(path: &'a str, segments: &mut [&'a str; MAX_SEGMENTS]) -> Option<usize> {
    let (mut count, mut start) = (0, 0);
    for (place, byte) in path.bytes().chain(std::iter::once(b'/')).enumerate() {
        if byte == b'/' {
            if place > start {
                *segments.get_mut(count)? = &path[start..place];
                count += 1;
            }
            start = place + 1;
        }
    }
    Some(count)
}

/// The path with its escapes undone, segment by segment. One that would fall apart or isn't UTF-8 stays as it is.
fn decode(path: &str) -> String {
    let segments = path.split('/').map(|segment| match percent_decode_str(segment).decode_utf8() {
        Ok(decoded) if !decoded.contains('/') => decoded,
        _ => Cow::Borrowed(segment),
    });
    segments.collect::<Vec<_>>().join("/")
}
