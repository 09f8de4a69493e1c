//! The one link in a text: whatever stands around it, it is read; of two different ones, none.

use super::address::{self, Manner, is_invisible, whose};
use super::written::{read_written, rest_of};
use super::{Link, LinkError, Platform};
use crate::escapes::{self, Backslashes};

/// Not `\@`, which nobody escapes and which is another host's to a browser.
const BACKSLASHES: Backslashes = Backslashes {
    plain: "/_?=&-#~*()[]!+\"':%|",
    together: ".",
    // Between two links.
    are_breaks: |behind| behind.starts_with("http"),
};

/// Where a text has a link, and what stands behind it.
struct Found<'a> {
    link: &'a str,
    behind: &'a str,
}

/// What was read of a text.
#[derive(Default)]
struct Seen {
    link: Option<Link>,
    other: Option<Link>,
    refusal: Option<LinkError>,
    /// What seems to have lost something, and what is left of it, where that is a link.
    broken: Vec<(LinkError, Option<Link>)>,
}

/// Reads the one link in a text.
pub(super) fn link_in(text: &str, manner: Manner) -> Result<Link, LinkError> {
    let plain = BACKSLASHES.undone(text);
    let mut seen = Seen::of(&plain, manner);
    if seen.link.is_none()
        && let Some(decoded) = escapes::links_decoded(&plain)
    {
        seen = Seen::of(&decoded, manner);
    }
    match (seen.link, seen.other, seen.refusal) {
        (Some(one), Some(other), _) => Err(LinkError::two(&one, &other)),
        (Some(link), None, _) => {
            let is_another = |rest: &Option<Link>| !rest.as_ref().is_some_and(|rest| rest.is_same(&link));
            // Which of the two was meant, nobody knows.
            match seen.broken.into_iter().find(|(_, rest)| is_another(rest)) {
                Some((refusal, _)) => Err(refusal),
                None => Ok(link),
            }
        }
        (None, _, Some(refusal)) if refusal.platform().is_some() => Err(refusal),
        (None, _, refusal) => match address::read(text, manner) {
            Err(LinkError::NotALink) => Err(refusal.unwrap_or_else(|| no_link(text))),
            whole => whole,
        },
    }
}

impl Seen {
    fn of(text: &str, manner: Manner) -> Self {
        let mut seen = Self::default();
        for Found { link, behind } in (Links { text, floor: 0, from: 0 }) {
            match read_written(link, behind, manner) {
                Ok(link) => seen.count(link),
                Err(refusal) => {
                    if refusal.is_broken() {
                        seen.broken.push((refusal.clone(), rest_of(link, manner)));
                    }
                    seen.keep(refusal);
                }
            }
        }
        seen
    }

    /// The same link twice is one.
    fn count(&mut self, link: Link) {
        match &self.link {
            None => self.link = Some(link),
            Some(one) if one.is_same(&link) => {}
            Some(_) => self.other = self.other.take().or(Some(link)),
        }
    }

    /// What is said of a platform's own page says more than what is said of another site.
    fn keep(&mut self, refusal: LinkError) {
        let says_more = match &self.refusal {
            None => true,
            Some(kept) => kept.platform().is_none() && refusal.platform().is_some(),
        };
        if says_more && refusal != LinkError::NotALink {
            self.refusal = Some(refusal);
        }
    }
}

fn no_link(text: &str) -> LinkError {
    let is_mail = text.split_once('@').is_some_and(|(name, domain)| {
        let is_part = |part: &str| !part.is_empty() && !part.contains([' ', '/', '@']);
        is_part(name.strip_prefix("mailto:").unwrap_or(name)) && is_part(domain) && domain.contains('.')
    });
    if is_mail { LinkError::MailAddress } else { LinkError::NotALink }
}

/// All links with a scheme in a text, and those of our platforms without one. What stands inside another site's link isn't one.
struct Links<'a> {
    text: &'a str,
    /// Where the last link ended.
    floor: usize,
    /// Where to look on.
    from: usize,
}

impl<'a> Iterator for Links<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        loop {
            let bytes = self.text.as_bytes();
            // Each scheme has a colon, and each host a dot.
            let at = self.from + memchr::memchr2(b':', b'.', bytes.get(self.from..)?)?;
            let (start, is_link) = if bytes[at] == b':' { self.at_colon(at) } else { self.at_dot(at) };
            let Some(start) = start else {
                self.from = at + 1;
                continue;
            };
            let end = if is_link { self.end_of_link(start, at + 1) } else { self.end_from(start) };
            self.from = end.max(at + 1);
            self.floor = self.from;
            if is_link {
                let link = trimmed(&self.text[start..end]);
                return Some(Found { link, behind: &self.text[start + link.len()..] });
            }
        }
    }
}

impl Links<'_> {
    /// Where the address with this colon behind its scheme starts, and whether it is one of the web's and stands for itself.
    fn at_colon(&self, at: usize) -> (Option<usize>, bool) {
        let before = &self.text[self.floor.min(at)..at];
        let has_slashes = self.text[at + 1..].starts_with(['/', '\\']);
        let is_host = self.text[at + 1..].starts_with(|first: char| first.is_ascii_alphanumeric());
        match web_scheme(before) {
            Some(scheme) if has_slashes || is_host => (Some(at - scheme), !self.is_inside_another(at - scheme)),
            _ => {
                let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.');
                let scheme = &before[before.trim_end_matches(is_scheme).len()..];
                let is_other = self.text[at + 1..].starts_with("//")
                    || OTHER_SCHEMES.iter().any(|other| other.eq_ignore_ascii_case(scheme));
                (is_other.then_some(at - scheme.len()), false)
            }
        }
    }

    /// Where the address with this dot in its host starts, if it is one of our platforms' without a scheme.
    fn at_dot(&self, at: usize) -> (Option<usize>, bool) {
        let bytes = self.text.as_bytes();
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let length_before = bytes[self.floor..at].iter().rev().take_while(|byte| is_host(byte)).count();
        let start = at - length_before;
        let end = at + bytes[at..].iter().take_while(|byte| is_host(byte)).count();
        let is_ours = bytes.get(end).is_some_and(|next| matches!(next, b'/' | b'?' | b'#'))
            && whose_in_any_case(&self.text[start..end]).is_some();
        let start = start - self.slashes_before(start);
        (Some(start).filter(|start| is_ours && self.is_border(*start)), true)
    }

    /// Two slashes in the place of a scheme, as pages have them.
    fn slashes_before(&self, start: usize) -> usize {
        let before = &self.text[self.floor..start];
        if before.ends_with("//") && !before.ends_with("://") { 2 } else { 0 }
    }

    /// Whether an address without a scheme may start here.
    fn is_border(&self, start: usize) -> bool {
        let is_part = |before: char| {
            before.is_alphanumeric()
                || matches!(before, '/' | '\\' | '@' | '=' | '&' | '?' | '#' | '%' | '.' | '-' | '_' | '~' | '+')
        };
        let before = self.text[..start].chars().next_back();
        let is_attribute = self.text[..start].ends_with("src=") || self.text[..start].ends_with("href=");
        is_attribute || !before.is_some_and(is_part)
    }

    /// Whether an address starts inside one of another site without a scheme: `site.example/?url=https://…`.
    fn is_inside_another(&self, start: usize) -> bool {
        let before = &self.text[self.floor..start];
        if !before.ends_with(['=', '/', '&', '?', '#', '@', '.', '\\', '+']) {
            return false;
        }
        let word = before.rsplit(|letter| is_end(letter) || letter == '|').next().unwrap_or_default();
        word.contains('.') || word.starts_with("//") || word.ends_with('+')
    }

    /// Where no address goes on.
    fn end_from(&self, start: usize) -> usize {
        self.text[start..].find(is_end).map_or(self.text.len(), |end| start + end)
    }

    /// Where the link from here on ends: where no address goes on, or another one begins behind this place in its host.
    fn end_of_link(&self, start: usize, host: usize) -> usize {
        let end = self.end_from(start);
        let written = &self.text[start..end];
        let rest = &self.text[host.min(end)..end];
        let slashes = rest.len() - rest.trim_start_matches(['/', '\\']).len();
        start + next_inside(written, host.min(end) - start + slashes).unwrap_or(written.len())
    }
}

/// Schemes other than http and https that need no slashes. What follows one isn't read as a link.
const OTHER_SCHEMES: [&str; 12] =
    ["blob", "data", "file", "intent", "jar", "javascript", "mailto", "sms", "tel", "urn", "vbscript", "vnd.youtube"];

/// How long the web's scheme at the end of this text is.
fn web_scheme(before: &str) -> Option<usize> {
    let bytes = before.as_bytes();
    let ends =
        |scheme: &[u8]| bytes.len() >= scheme.len() && bytes[bytes.len() - scheme.len()..].eq_ignore_ascii_case(scheme);
    [&b"https"[..], b"http"].into_iter().find(|scheme| ends(scheme)).map(<[u8]>::len)
}

/// Signs that end every address.
fn is_end(letter: char) -> bool {
    match letter {
        '\0'..='\x7f' => {
            letter.is_ascii_whitespace() || letter.is_ascii_control() || matches!(letter, '"' | '<' | '>' | '`' | '|')
        }
        // These two join letters of names.
        '\u{200C}' | '\u{200D}' => false,
        '\u{2018}'..='\u{201F}' | '«' | '»' | '‹' | '›' | '\u{3008}'..='\u{3011}' => true,
        _ => letter.is_whitespace() || is_invisible(letter),
    }
}

/// Where inside an address another one begins that isn't a value in its query. Of another site's, only a list has one.
fn next_inside(written: &str, host: usize) -> Option<usize> {
    let is_ours = is_ours(written);
    let stands_alone = |at: usize| {
        let before = &written[..at];
        if is_ours || !before[host..].contains(['/', '?', '#']) {
            !is_value(before)
        } else {
            before.ends_with([',', ';']) && !before.contains('?')
        }
    };
    let with_scheme = written[host..].match_indices(':').filter_map(|(colon, _)| {
        let colon = host + colon;
        let is_scheme = written[colon + 1..].starts_with(['/', '\\']);
        is_scheme.then(|| web_scheme(&written[host..colon])).flatten().map(|scheme| colon - scheme)
    });
    let without = written[host..].match_indices([',', ';']).map(|(sign, _)| host + sign + 1).filter(|at| {
        let rest = &written[*at..];
        rest.find(['/', '?', '#', ':', '@'])
            .is_some_and(|end| rest[end..].starts_with('/') && whose_in_any_case(&rest[..end]).is_some())
    });
    let with_scheme = with_scheme.filter(|at| stands_alone(*at)).min();
    let without = without.filter(|at| stands_alone(*at)).min();
    [with_scheme, without].into_iter().flatten().min()
}

/// Whether a query's value begins at the end of this text.
fn is_value(before: &str) -> bool {
    let Some(pair) = before.strip_suffix('=') else { return false };
    let name = pair.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    name.len() < pair.len() && name.ends_with(['?', '&', ';'])
}

/// Whether this address is one of our platforms', as far as its host is plain.
fn is_ours(written: &str) -> bool {
    let rest = address::behind_scheme(written).unwrap_or(written).trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    whose_in_any_case(host.split(':').next().unwrap_or_default()).is_some()
}

fn whose_in_any_case(host: &str) -> Option<Platform> {
    let platform = |host: &str| whose(host).map(|(platform, ..)| platform);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        platform(&host.to_ascii_lowercase())
    } else {
        platform(host)
    }
}

/// Signs that stick to a link's end in a text.
const STUCK: &str = ".,;:!?'*([{)]}。、，！？；：（）［］";

/// Without the signs that stick to a link's end in a text.
fn trimmed(written: &str) -> &str {
    let mut rest = written;
    loop {
        let shorter = rest.trim_end_matches(|sign| STUCK.contains(sign));
        // Blanks, line breaks and quotation marks, percent-encoded.
        let escapes = ["%20", "%22", "%27", "%0A", "%0a", "%0D", "%0d", "%09"];
        let shorter = escapes.iter().find_map(|escape| shorter.strip_suffix(escape)).unwrap_or(shorter);
        if shorter.len() == rest.len() {
            return rest;
        }
        rest = shorter;
    }
}
