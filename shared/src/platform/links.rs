//! Finds the links in a text: all links with a scheme, and our platforms' links without one.

use super::Platform;
use super::address::{self, is_invisible, whose};

/// A link in a text, and the text after it.
pub(super) struct Found<'a> {
    pub link: &'a str,
    pub behind: &'a str,
    /// Whether the previous link ends where this one begins.
    pub is_glued: bool,
    /// Whether its scheme is mistyped. The link is here without that scheme.
    pub is_mistyped: bool,
}

/// All links with a scheme in a text, and our platforms' links without one. A link inside another
/// site's link doesn't count.
pub(super) struct Links<'a> {
    text: &'a str,
    /// The end of the previous link.
    floor: usize,
    /// The place to continue from.
    from: usize,
}

impl<'a> Links<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, floor: 0, from: 0 }
    }
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
            let end = if is_link { self.end_of_link(start, start.max(at + 1)) } else { self.end_from(start) };
            let is_glued = self.floor > 0 && self.floor == start;
            self.from = end.max(at + 1);
            self.floor = self.from;
            if is_link {
                let link = without_marks(&self.text[..start], trimmed(&self.text[start..end]));
                let is_mistyped =
                    address::behind_scheme(link).is_none() && ends_in_mistyped_scheme(&self.text[..start]);
                return Some(Found { link, behind: &self.text[start + link.len()..], is_glued, is_mistyped });
            }
        }
    }
}

impl Links<'_> {
    /// The start of the address whose scheme ends with this colon, and whether it is a separate web
    /// address.
    fn at_colon(&self, at: usize) -> (Option<usize>, bool) {
        let before = &self.text[self.floor.min(at)..at];
        let has_slashes = self.text[at + 1..].starts_with(['/', '\\']);
        let is_host = self.text[at + 1..].starts_with(|first: char| first.is_ascii_alphanumeric());
        match web_scheme(before) {
            Some(scheme) if has_slashes || is_host => (Some(at - scheme), !self.is_inside_another(at - scheme)),
            _ if has_slashes && ends_in_slip(&self.text[..at]) => self.behind_slip(at),
            _ => {
                let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.');
                let scheme = &before[before.trim_end_matches(is_scheme).len()..];
                let is_other = self.text[at + 1..].starts_with("//")
                    || OTHER_SCHEMES.iter().any(|other| other.eq_ignore_ascii_case(scheme));
                (is_other.then_some(at - scheme.len()), false)
            }
        }
    }

    /// The start of the address after the colon of a mistyped scheme, and whether it is one of our
    /// platforms'.
    fn behind_slip(&self, colon: usize) -> (Option<usize>, bool) {
        let rest = self.text[colon + 1..].trim_start_matches(['/', '\\']);
        let host = rest.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-.".contains(letter)).next();
        let start = self.text.len() - rest.len();
        (Some(start), host.is_some_and(|host| whose_in_any_case(host).is_some()))
    }

    /// The start of the address with this dot in its host, if it is one of our platforms' and has
    /// no scheme.
    fn at_dot(&self, at: usize) -> (Option<usize>, bool) {
        let bytes = self.text.as_bytes();
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let length_before = bytes[self.floor..at].iter().rev().take_while(|byte| is_host(byte)).count();
        let start = at - length_before;
        let end = at + bytes[at..].iter().take_while(|byte| is_host(byte)).count();
        let is_ours = bytes.get(end).is_some_and(|next| matches!(next, b'/' | b'?' | b'#'))
            && whose_in_any_case(&self.text[start..end]).is_some();
        let with_slashes = start - self.slashes_before(start);
        let start = if ends_in_mistyped_scheme(&self.text[..start]) {
            Some(start)
        } else {
            Some(with_slashes).filter(|start| self.is_border(*start))
        };
        (start.filter(|_| is_ours), true)
    }

    /// The number of slashes before the start, if an address begins with two slashes and no scheme,
    /// as in web pages; otherwise 0.
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

    /// Whether an address starts inside another site's address without a scheme:
    /// `site.example/?url=https://…`.
    fn is_inside_another(&self, start: usize) -> bool {
        let before = &self.text[self.floor..start];
        if !before.ends_with(['=', '/', '&', '?', '#', '@', '.', '\\', '+']) {
            return false;
        }
        let word = before.rsplit(|letter| is_end(letter) || letter == '|').next().unwrap_or_default();
        word.contains('.') || word.starts_with("//") || word.ends_with('+')
    }

    /// The first place where no address can continue.
    fn end_from(&self, start: usize) -> usize {
        self.text[start..].find(is_end).map_or(self.text.len(), |end| start + end)
    }

    /// The end of the link that starts here: the first place where no address can continue, or
    /// where another address begins. The search starts at `host`, a place in the link's host.
    fn end_of_link(&self, start: usize, host: usize) -> usize {
        let end = self.end_from(start);
        let written = &self.text[start..end];
        let rest = &self.text[host.min(end)..end];
        let slashes = rest.len() - rest.trim_start_matches(['/', '\\']).len();
        start + next_inside(written, host.min(end) - start + slashes).unwrap_or(written.len())
    }
}

/// Schemes other than http and https that need no slashes. The text after one isn't read as a link.
const OTHER_SCHEMES: [&str; 12] =
    ["blob", "data", "file", "intent", "jar", "javascript", "mailto", "sms", "tel", "urn", "vbscript", "vnd.youtube"];

/// Typing errors in `http` and `https`: a letter is missing, doubled, or replaced by a neighbouring
/// key's. Written from memory and from the keyboard's layout.
const SLIPS: [&str; 32] = [
    "hhtp", "hhtps", "hhttp", "hhttps", "hptts", "hpttp", "hrrps", "hrtps", "htp", "htpp", "htpps", "htps", "htpts",
    "htto", "httos", "httpd", "httpp", "httpps", "https", "httpss", "http", "httpa", "httrp", "htts", "htttp",
    "htttps", "hyyp", "hyyps", "hytps", "ttp", "ttps", "tps",
];

/// Whether a text ends with a mistyped scheme, or with a scheme and a space, so that an address can
/// start here.
fn ends_in_slip(text: &str) -> bool {
    let text = text.trim_end_matches(' ');
    let start = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).len();
    let is_slip = SLIPS.iter().any(|slip| slip.eq_ignore_ascii_case(&text[start..]));
    is_slip && !text[..start].ends_with(|before: char| before.is_alphanumeric() || "/\\@=&?#%.-_~+:".contains(before))
}

/// Whether a text ends with a mistyped scheme and its slashes. The colon may be missing, or
/// replaced by another sign: `https//`, `https;//`.
fn ends_in_mistyped_scheme(text: &str) -> bool {
    let scheme = text.trim_end_matches(['/', '\\']);
    let has_slashes = scheme.len() < text.len();
    has_slashes && ends_in_slip(scheme.strip_suffix([':', ';', '.', ',']).unwrap_or(scheme))
}

/// The length of the `http` or `https` scheme at the end of this text.
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
        // These two join the letters of names.
        '\u{200C}' | '\u{200D}' => false,
        '\u{2018}'..='\u{201F}' | '«' | '»' | '‹' | '›' | '\u{3008}'..='\u{3011}' => true,
        _ => letter.is_whitespace() || is_invisible(letter),
    }
}

/// The place inside an address where another one begins, unless that one is a value in the query.
/// Inside another site's address, only a list has such a place.
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

/// Whether this address is one of our platforms'. Only plain hosts are recognised.
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

/// Removes markup signs at a link's end that are also before the link: `_https://…_`.
fn without_marks<'a>(before: &str, link: &'a str) -> &'a str {
    let mut link = link;
    for sign in before.chars().rev().take_while(|sign| matches!(sign, '_' | '~')) {
        link = link.strip_suffix(sign).unwrap_or(link);
    }
    link
}

/// Signs after a link in a text that don't belong to it.
const STUCK: &str = ".,;:!?'*([{)]}。、，！？；：（）［］";

/// The string without these signs at its end.
fn trimmed(written: &str) -> &str {
    let mut rest = written;
    loop {
        let shorter = rest.trim_end_matches(|sign| STUCK.contains(sign));
        // Percent-encoded spaces, line breaks and quotation marks.
        let escapes = ["%20", "%22", "%27", "%0A", "%0a", "%0D", "%0d", "%09"];
        let shorter = escapes.iter().find_map(|escape| shorter.strip_suffix(escape)).unwrap_or(shorter);
        if shorter.len() == rest.len() {
            return rest;
        }
        rest = shorter;
    }
}
