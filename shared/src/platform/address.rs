//! A web address, taken apart for the grammars: whose domain, which subdomain, the path's segments, the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{ParseError, Url, form_urlencoded};

use super::{Link, LinkError, Platform, until};

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
pub(super) fn read(
    text: &str,
    named: Option<Platform>,
    grammar: fn(Platform, &Address<'_>) -> Result<Link, LinkError>,
) -> Result<Link, LinkError> {
    // `trim` asks for the white space of all scripts.
    let is_trimmed = matches!(text.as_bytes(), [b'!'..=b'~', .., b'!'..=b'~']);
    let text = if is_trimmed { text } else { trimmed(text) };
    if text.len() > MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    // Taken apart where it lies: moving an address costs more than reading it.
    let Ok(url) = &web_address(text) else {
        return Err(LinkError::NotALink);
    };
    let (platform, domain, subdomain) = site(url, named)?;
    if url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        // The path said nothing then; what was meant is behind it.
        return Err(LinkError::OtherPage { platform, page: "link of an old kind, with #!" });
    }
    let decoded;
    let mut segments = [""; MAX_SEGMENTS];
    let mut path = url.path();
    if path.contains('%') {
        decoded = decode(path);
        path = &decoded;
    }
    let Some(count) = split_path(path, &mut segments) else {
        return Err(LinkError::OtherPage { platform, page: "page of another kind" });
    };
    grammar(platform, &Address { domain, subdomain, path: &segments[..count], url })
}

/// Without what chats put around a link and nobody sees: spaces, marks of direction, characters of no width.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    })
}

/// The address, which people also write without its scheme.
fn web_address(text: &str) -> Result<Url, ParseError> {
    let has_scheme = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    // Nearly all are written the first way.
    if text.starts_with("https://") || has_scheme("https:") || has_scheme("http:") {
        return Url::parse(text);
    }
    let rest = text.strip_prefix("//").unwrap_or(text);
    let host = until(rest, |byte| matches!(byte, b'/' | b'?' | b'#'));
    // Another scheme, or a user name, or no host at all.
    if host.is_empty() || host.contains([':', '@']) {
        return Err(ParseError::EmptyHost);
    }
    Url::parse(&["https://", rest].concat())
}

/// Whose address it is, and the domain and subdomain that its grammar reads; "www" is no subdomain.
fn site(url: &Url, named: Option<Platform>) -> Result<(Platform, &str, &str), LinkError> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let (platform, domain, subdomain) = whose(host);
    match (platform, named) {
        (Some(link), Some(named)) if link != named => Err(LinkError::Contradiction { link, named }),
        (Some(platform), _) => Ok((platform, domain, subdomain)),
        // Addresses by number, and names that only a local network knows.
        (None, _) if url.domain().is_none() || !domain.contains('.') => Err(LinkError::NotALink),
        (None, Some(named)) => Ok((named, named.domain(), "")),
        (None, None) => Err(LinkError::UnknownSite(host.to_owned())),
    }
}

/// Whose host it is, its domain and what stands before that.
fn whose(host: &str) -> (Option<Platform>, &str, &str) {
    // Nearly all are the site itself.
    let site = host.strip_prefix("www.").unwrap_or(host);
    if let Some(platform) = Platform::of_domain(site) {
        return (Some(platform), site, "");
    }
    match split_host(host) {
        // The one host of ours on another's domain: YouTube's old player.
        ("youtube", "googleapis.com") => (Some(Platform::YouTube), Platform::YouTube.domain(), ""),
        (subdomain, domain) => (Platform::of_domain(domain), domain, if subdomain == "www" { "" } else { subdomain }),
    }
}

impl Address<'_> {
    /// The query parameter of this name; names are case-sensitive, and no platform escapes them.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut rest = self.url.query()?;
        let (pair, value) = loop {
            let pair = until(rest, |byte| byte == b'&');
            rest = rest.get(pair.len() + 1..).unwrap_or_default();
            // In HTML `&` is written `&amp;`.
            let pair = pair.strip_prefix("amp;").unwrap_or(pair);
            if let Some(value) = pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                break (pair, value);
            }
            if rest.is_empty() {
                return None;
            }
        };
        if until(value, |byte| matches!(byte, b'%' | b'+')).len() == value.len() {
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

/// Puts the segments that aren't empty into `segments` and counts them; None where there are too many.
fn split_path<'a>(path: &'a str, segments: &mut [&'a str; MAX_SEGMENTS]) -> Option<usize> {
    let (mut count, mut rest) = (0, path);
    while !rest.is_empty() {
        let segment = until(rest, |byte| byte == b'/');
        if !segment.is_empty() {
            *segments.get_mut(count)? = segment;
            count += 1;
        }
        rest = rest.get(segment.len() + 1..).unwrap_or_default();
    }
    Some(count)
}

/// The path with its escapes undone, segment by segment. One that would fall apart or isn't UTF-8 stays as it is.
fn decode(path: &str) -> String {
    // Most escapes are of letters, and then the whole path can be decoded at once.
    let slashes = |path: &str| path.bytes().filter(|byte| *byte == b'/').count();
    if let Ok(decoded) = percent_decode_str(path).decode_utf8()
        && slashes(&decoded) == slashes(path)
    {
        return decoded.into_owned();
    }
    let segments = path.split('/').map(|segment| match percent_decode_str(segment).decode_utf8() {
        Ok(decoded) if !decoded.contains('/') => decoded,
        _ => Cow::Borrowed(segment),
    });
    segments.collect::<Vec<_>>().join("/")
}
