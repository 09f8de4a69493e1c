//! A web address, taken apart for the grammars: whose domain, which subdomain, the path's segments, the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded};

use super::{Link, LinkError, Platform};

/// Longer texts are no links that a share button gives. In bytes.
pub(super) const MAX_LENGTH: usize = 2048;
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
    query: &'a str,
}

/// How a platform's addresses are read.
type Reader = fn(Platform, &Address<'_>) -> Result<Link, LinkError>;

/// Reads an address and hands it to `reader` with its platform: the host's, or the named one where we don't know the host.
pub(super) fn read(text: &str, named: Option<Platform>, reader: Reader) -> Result<Link, LinkError> {
    let text = trimmed(text);
    if text.len() > MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    let url;
    let (parts, more) = if let Some(parts) = Parts::of_plain(text) {
        (parts, None)
    } else {
        url = web_address(text).ok_or(LinkError::NotALink)?;
        (Parts::of(&url), more_than_a_link(text))
    };
    let (platform, domain, subdomain) = site(parts.host, named)?;
    let other = |page: &'static str| Err(LinkError::OtherPage { platform, page: page.into() });
    if parts.fragment.starts_with('!') {
        // The path said nothing then; what was meant is behind it.
        return other("link of an old kind, with #!");
    }
    if let Some(more) = more {
        return other(more);
    }
    let path = decoded(parts.path);
    let mut segments = [""; MAX_SEGMENTS];
    let Some(path) = split_path(&path, &mut segments) else {
        return other("page of another kind");
    };
    reader(platform, &Address { domain, subdomain, path, query: parts.query })
}

/// Without what chats put around a link and nobody sees: spaces, marks of direction, characters of no width.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    })
}

/// What an address consists of; empty where it has no such part, and a host that is a number counts as none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
    fragment: &'a str,
}

impl<'a> Parts<'a> {
    /// As the WHATWG parser has it.
    pub(super) fn of(url: &'a Url) -> Self {
        Self {
            host: url.domain().unwrap_or_default(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            fragment: url.fragment().unwrap_or_default(),
        }
    }

    /// The same without the parser, which takes most of the time that reading a link does: of texts that it would not change, as most of
    /// what share buttons give; None for all else.
    pub(super) fn of_plain(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let (host, rest) = rest.split_at(rest.find('/')?);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // Of hosts, the parser skips slashes before them, reads figures as addresses by number, and checks escaped names of other
        // scripts, which have hyphens.
        let is_plain = !host.is_empty()
            && host.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'.'))
            && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/@-_.:".contains(&byte))
            // `.` and `..` walk the path.
            && !path.contains("/.")
            // Behind a comma, another link may follow.
            && query.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#'<>,".contains(&byte));
        is_plain.then_some(Self { host, path, query, fragment: "" })
    }
}

/// The address, which people also write without its scheme.
fn web_address(text: &str) -> Option<Url> {
    if behind_scheme(text).is_some() {
        return Url::parse(text).ok();
    }
    let rest = text.strip_prefix("//").unwrap_or(text);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Another scheme, or a user name, or no host at all.
    if host.is_empty() || host.contains([':', '@']) {
        return None;
    }
    Url::parse(&["https://", rest].concat()).ok()
}

/// What stands behind the scheme, if there is one of the web's.
fn behind_scheme(text: &str) -> Option<&str> {
    let behind = |scheme: &str| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    behind("https:").or_else(|| behind("http:"))
}

/// What a text has behind its host that makes its link uncertain. The parser drops tabs and line breaks, so that what stands in the
/// next cell or line would become part of an id.
fn more_than_a_link(text: &str) -> Option<&'static str> {
    // Before the host, the parser takes any number of slashes of either kind.
    let host_on = behind_scheme(text).unwrap_or(text).trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let (_, behind_host) = host_on.split_once(['/', '\\', '?', '#'])?;
    if behind_host.contains(['\t', '\n', '\r']) {
        return Some("link with a tab or a line break in it");
    }
    let is_link = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    behind_host.split([' ', ',']).skip(1).any(is_link).then_some("link with another link behind it")
}

/// Whose host it is, and the domain and subdomain that the grammar reads; "www" is no subdomain.
fn site(host: &str, named: Option<Platform>) -> Result<(Platform, &str, &str), LinkError> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let (platform, domain, subdomain) = match split_host(host) {
        // The one host of ours on another's domain: YouTube's old player.
        ("youtube", "googleapis.com") => (Some(Platform::YouTube), Platform::YouTube.domain(), ""),
        ("www", domain) => (Platform::of_domain(domain), domain, ""),
        (subdomain, domain) => (Platform::of_domain(domain), domain, subdomain),
    };
    match (platform, named) {
        (Some(link), Some(named)) if link != named => Err(LinkError::Contradiction { link, named }),
        (Some(platform), _) => Ok((platform, domain, subdomain)),
        // Addresses by number, and names that only a local network knows.
        (None, _) if !domain.contains('.') => Err(LinkError::NotALink),
        (None, Some(named)) => Ok((named, named.domain(), "")),
        (None, None) => Err(LinkError::UnknownSite(host.to_owned())),
    }
}

/// Subdomain and domain: the last two labels. None of the platforms' domains has more.
fn split_host(host: &str) -> (&str, &str) {
    match host.rmatch_indices('.').nth(1) {
        Some((dot, _)) => (&host[..dot], &host[dot + 1..]),
        None => ("", host),
    }
}

/// Puts the segments that aren't empty into `segments`; None where there are too many.
fn split_path<'a, 'b>(path: &'a str, segments: &'b mut [&'a str; MAX_SEGMENTS]) -> Option<&'b [&'a str]> {
    let mut count = 0;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        *segments.get_mut(count)? = segment;
        count += 1;
    }
    Some(&segments[..count])
}

/// The path with its escapes undone, segment by segment. One that would fall apart or isn't UTF-8 stays as it is.
fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return path.into();
    }
    let segments = path.split('/').map(|segment| match percent_decode_str(segment).decode_utf8() {
        Ok(decoded) if !decoded.contains('/') => decoded,
        _ => Cow::Borrowed(segment),
    });
    segments.collect::<Vec<_>>().join("/").into()
}

impl Address<'_> {
    /// The query parameter of this name; names are case-sensitive, and no platform escapes them.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        // In HTML `&` is written `&amp;`.
        let mut pairs = self.query.split('&').map(|pair| pair.strip_prefix("amp;").unwrap_or(pair));
        let pair = pairs.find(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))?;
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value)
    }
}
