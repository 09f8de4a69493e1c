//! A web address in parts for the grammars: domain, subdomain, the path's segments, the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded};

use super::{Link, LinkError, Page, Platform, foreign, wrapper};

/// In bytes. Longer strings aren't links from a share button.
pub(super) const MAX_LENGTH: usize = 2048;
/// No accepted form has more segments.
const MAX_SEGMENTS: usize = 10;

/// The input of a grammar.
pub(super) struct Address<'a> {
    /// The platform's domain, or its main domain if the site is a mirror.
    pub domain: &'a str,
    /// The host's part before the domain, without its dot; empty for "www" too.
    pub subdomain: &'a str,
    /// The path's segments that aren't empty.
    pub path: &'a [&'a str],
    query: &'a str,
}

/// The permissions of the caller for reading an address.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// The platform whose posts are read from hosts of other sites.
    pub named: Option<Platform>,
    /// Whether a platform's redirect may be read as its target, which is allowed once.
    pub unwraps: bool,
}

/// Reads a string that contains only one address.
pub(super) fn read(text: &str, manner: Manner) -> Result<Link, LinkError> {
    if let Some(parts) = Parts::of_plain(text) {
        return read_parts(&parts, manner);
    }
    let url = web_address(text).ok_or(LinkError::NotALink)?;
    let parts = Parts::of(&url);
    let link = read_parts(&parts, manner);
    match whose(parts.host) {
        // A link with only backslashes is read. Beside slashes, a backslash replaces a lost
        // character.
        Some((platform, ..)) if text.contains('\\') && text.contains('/') => {
            Err(LinkError::OtherPage { platform, page: Page::Broken("link with a backslash in it") })
        }
        _ => link,
    }
}

pub(super) fn read_parts(parts: &Parts<'_>, manner: Manner) -> Result<Link, LinkError> {
    let Some((platform, domain, subdomain)) = whose(parts.host) else {
        return foreign::read(parts, manner.named);
    };
    if parts.fragment.starts_with('!') {
        return of_old_kind(platform, parts);
    }
    read_path(platform, domain, subdomain, parts, |address| {
        let link = (platform.grammar().read)(address);
        match link {
            Err(_) if manner.unwraps => wrapper::unwrapped(platform, address).unwrap_or(link),
            link => link,
        }
    })
}

/// Reads the path of an address as this platform's, with its grammar or with `reader`.
pub(super) fn read_path(
    platform: Platform,
    domain: &str,
    subdomain: &str,
    parts: &Parts<'_>,
    reader: impl Fn(&Address<'_>) -> Result<Link, LinkError>,
) -> Result<Link, LinkError> {
    let path = decoded(parts.path);
    let mut segments = [""; MAX_SEGMENTS];
    match split_path(&path, &mut segments) {
        Some(path) => reader(&Address { domain, subdomain, path, query: parts.query }),
        None => Err(LinkError::OtherPage { platform, page: "page of another kind".into() }),
    }
}

/// A link with `#!`: in old links, the path meant nothing and the target was after `#!`. A post is
/// read if only one of the two parts names one.
fn of_old_kind(platform: Platform, parts: &Parts<'_>) -> Result<Link, LinkError> {
    let reads = |path: &str| {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts = Parts::of_path(path, query);
        let link = read_path(platform, platform.domain(), "", &parts, |address| (platform.grammar().read)(address));
        link.ok().filter(|link| matches!(link, Link::Post(_)))
    };
    let said =
        if platform == Platform::Twitter { [reads(parts.path), reads(&parts.fragment[1..])] } else { [None, None] };
    match said {
        [Some(link), None] | [None, Some(link)] => Ok(link),
        [Some(one), Some(other)] if one == other => Ok(one),
        _ => Err(LinkError::OtherPage { platform, page: Page::Broken("link in an old form, with #!") }),
    }
}

/// Removes the invisible characters that chats add around a link: spaces, marks of direction,
/// characters without width.
pub(super) fn trimmed(text: &str) -> &str {
    if let [first, .., last] = text.as_bytes()
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Marks of direction and characters without width.
pub(super) const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The parts of an address. A missing part is empty, and a host that is a number counts as missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub host: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    fragment: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts from the WHATWG parser.
    pub(super) fn of(url: &'a Url) -> Self {
        Self {
            host: url.domain().unwrap_or_default(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            fragment: url.fragment().unwrap_or_default(),
        }
    }

    /// A path and a query on a platform's own site.
    pub(super) const fn of_path(path: &'a str, query: &'a str) -> Self {
        Self { host: "", path, query, fragment: "" }
    }

    /// The parts without the parser, which would take most of the time. It works for strings that
    /// the parser wouldn't change, such as most links from share buttons; `None` for all others.
    pub(super) fn of_plain(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        // Two hyphens are in names of other scripts, which the parser checks.
        let host = plain_length(rest, HOST, |pair| pair == [b'-', b'-']);
        // `.` and `..` change a path, also escaped as `%2e`; two slashes may belong to a second
        // scheme.
        let is_unclear = |pair: [u8; 2]| matches!(pair, [b'/', b'.' | b'/'] | [b'%', b'2']);
        let path = plain_length(rest.get(host..)?, PATH, is_unclear);
        let (host, rest) = rest.split_at_checked(host)?;
        let (path, rest) = rest.split_at_checked(path)?;
        let query = rest.strip_prefix('?').unwrap_or(rest);
        let is_plain = !host.is_empty()
            && path.starts_with('/')
            && (rest.is_empty() || query.len() < rest.len())
            && plain_length(query, QUERY, |_| false) == query.len()
            // The end of a sentence, and escaped spaces and quotation marks.
            && !matches!(text.as_bytes(), [.., b'.' | b':' | b'!'] | [.., b'%', b'0' | b'2', _]);
        is_plain.then_some(Self { host, path, query, fragment: "" })
    }
}

/// The parts of an address, as bits.
const HOST: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;

/// The parts in which each byte is plain.
static PLAIN: [u8; 256] = {
    let mut parts = [0; 256];
    let mut place = 0;
    // Both are counted, because numbers can't be converted in a constant.
    let mut byte = 0;
    while place < 128 {
        parts[place] = plain_in(byte);
        place += 1;
        byte += 1;
    }
    parts
};

/// The parts in which a byte is plain. The parser can change hosts with other bytes, for example
/// digits, which can be an IP address, or slashes before them. Other characters in a query can
/// precede another link.
const fn plain_in(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'.' | b'-' => HOST | PATH | QUERY,
        b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'@' | b'_' | b'%' => PATH | QUERY,
        b':' => PATH,
        b'~' | b'=' | b'&' | b'+' | b'!' | b'$' => QUERY,
        _ => 0,
    }
}

/// The length of the beginning that is plain in this part and has no ambiguous pair of bytes.
fn plain_length(text: &str, part: u8, is_unclear: impl Fn([u8; 2]) -> bool) -> usize {
    let mut before = 0;
    let is_plain = |byte: u8| {
        let is_plain = PLAIN[usize::from(byte)] & part != 0 && !is_unclear([before, byte]);
        before = byte;
        is_plain
    };
    text.bytes().map(is_plain).position(|is_plain| !is_plain).unwrap_or(text.len())
}

/// Parses the address, which people also write without its scheme.
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

/// The text after the scheme, if the scheme is http or https.
pub(super) fn behind_scheme(text: &str) -> Option<&str> {
    let behind = |scheme: &str| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    behind("https:").or_else(|| behind("http:"))
}

/// The platform of the host, and the domain and subdomain for the grammar; "www" isn't a subdomain.
/// `None` for hosts of other sites.
pub(super) fn whose(host: &str) -> Option<(Platform, &str, &str)> {
    let host = host.strip_suffix('.').unwrap_or(host);
    match split_host(host) {
        // The only supported host on another domain: YouTube's old player.
        ("youtube", "googleapis.com") => Some((Platform::YouTube, Platform::YouTube.domain(), "")),
        ("www", domain) => Platform::of_domain(domain).map(|platform| (platform, domain, "")),
        (subdomain, domain) => Platform::of_domain(domain).map(|platform| (platform, domain, subdomain)),
    }
}

/// Subdomain and domain: the last two labels. None of the platforms' domains has more.
pub(super) fn split_host(host: &str) -> (&str, &str) {
    match host.rmatch_indices('.').nth(1) {
        Some((dot, _)) => (&host[..dot], &host[dot + 1..]),
        None => ("", host),
    }
}

/// Adds the non-empty segments to `segments`; `None` if there are too many.
fn split_path<'a, 'b>(path: &'a str, segments: &'b mut [&'a str; MAX_SEGMENTS]) -> Option<&'b [&'a str]> {
    let mut count = 0;
    let mut start = 0;
    let ends = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(end, _)| end);
    for end in ends.chain([path.len()]) {
        if start < end {
            *segments.get_mut(count)? = &path[start..end];
            count += 1;
        }
        start = end + 1;
    }
    Some(&segments[..count])
}

/// Decodes the escapes of the path, segment by segment. A segment stays unchanged if it would
/// become several, or isn't UTF-8.
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
    /// The query parameter with this name; names are case-sensitive, and no platform escapes them.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        value_in(self.query, name)
    }
}

/// The value with this name in a query; `None` if it has two different ones.
pub(super) fn value_in<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    // In HTML `&` is written `&amp;`.
    let pairs = query.split('&').map(|pair| pair.strip_prefix("amp;").unwrap_or(pair));
    let mut pairs = pairs.filter(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
    let pair = pairs.next()?;
    if pairs.any(|other| other != pair) {
        return None;
    }
    let value = &pair[name.len() + 1..];
    if !value.contains(['%', '+']) {
        return Some(value.into());
    }
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value)
}
