//! Finds the one link in a text, with any other text around it. A text with two different links is
//! refused.

use super::address::{self, Manner};
use super::links::{Found, Links};
use super::username::is_public_suffix;
use super::written::{read_written, rest_of};
use super::{Link, LinkError};
use crate::escapes::{self, Backslashes};

/// `\@` isn't here, because no tool writes it as an escape, and browsers take it for the end of
/// another host.
const BACKSLASHES: Backslashes = Backslashes {
    plain: "/_?=&-#~*()[]!+\"':%|",
    together: ".",
    // Between two links.
    are_breaks: |behind| behind.starts_with("http"),
};

/// The classes of the `<blockquote>` in the platforms' code for embedding one post. Source: their
/// pages on embedding. The code also links to the post's author and music, and has the links of the
/// post's text.
const EMBEDS: [&str; 3] = ["tiktok-embed", "twitter-tweet", "instagram-media"];

/// The links and refusals in a text.
#[derive(Default)]
struct Seen {
    /// Whether the text is the code for embedding one post, or the text with which an app shares
    /// one. Then its other links don't count.
    is_about_one_post: bool,
    link: Option<Link>,
    other: Option<Link>,
    refusal: Option<LinkError>,
    /// Links that seem to be incomplete, each with its beginning, if that is a link.
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
            // The text has a broken and a complete link, so the intended one is unknown.
            match seen.broken.into_iter().filter(|_| !seen.is_about_one_post).find(|(_, rest)| is_another(rest)) {
                Some((refusal, _)) => Err(refusal),
                None => Ok(link),
            }
        }
        (None, _, Some(refusal)) if refusal.platform().is_some() => Err(refusal),
        (None, _, refusal) => match address::read(text, manner) {
            Err(LinkError::NotALink) => Err(refusal.unwrap_or_else(|| no_link(text))),
            // A site's name never ends like this, but a creator's name can.
            Err(LinkError::UnknownSite(_)) if !text.contains(['/', ':', '?', '#']) && !is_public_suffix(text) => {
                Err(LinkError::NameAlone)
            }
            whole => whole,
        },
    }
}

impl Seen {
    fn of(text: &str, manner: Manner) -> Self {
        let mut seen = Self { is_about_one_post: is_about_one_post(text), ..Self::default() };
        // Whether the last link was a platform's own page with a query. Then a link directly after
        // it belongs to the query.
        let mut is_in_query = false;
        for Found { link, behind, is_glued, is_mistyped } in Links::of(text) {
            if is_glued && is_in_query {
                continue;
            }
            is_in_query = false;
            if is_mistyped {
                seen.broken.push((LinkError::MistypedScheme, rest_of(link, manner)));
                seen.keep(LinkError::MistypedScheme);
                continue;
            }
            match read_written(link, behind, manner) {
                Ok(link) => seen.count(link),
                Err(refusal) => {
                    // A list continues after its separators.
                    let value = link.split_once('?').and_then(|(_, query)| query.rsplit('=').next());
                    is_in_query =
                        refusal.platform().is_some() && value.is_some_and(|value| !value.contains([',', ';']));
                    if refusal.is_broken() {
                        seen.broken.push((refusal.clone(), rest_of(link, manner)));
                    }
                    seen.keep(refusal);
                }
            }
        }
        seen
    }

    /// Adds a link; a repeated link counts once.
    fn count(&mut self, link: Link) {
        match &self.link {
            Some(Link::Post(_)) if self.is_about_one_post && !matches!(link, Link::Post(_)) => {}
            Some(one) if self.is_about_one_post && matches!(link, Link::Post(_)) && !matches!(one, Link::Post(_)) => {
                (self.link, self.other) = (Some(link), None);
            }
            None => self.link = Some(link),
            Some(one) if one.is_same(&link) => {}
            Some(_) => self.other = self.other.take().or(Some(link)),
        }
    }

    /// A refusal about a platform's own page is kept, because it says more than one about another
    /// site.
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

/// X's app shares `NAME (@NAME) posted at TIME: WORDS (LINK)`, and the words may contain links.
fn is_about_one_post(text: &str) -> bool {
    let is_embed = text.contains("<blockquote") && EMBEDS.iter().any(|class| text.contains(class));
    is_embed || [") posted at ", ") tweeted at "].iter().any(|words| text.contains(words))
}

fn no_link(text: &str) -> LinkError {
    let is_mail = text.split_once('@').is_some_and(|(name, domain)| {
        let is_part = |part: &str| part.contains(char::is_alphanumeric) && !part.contains([' ', '/', '@']);
        is_part(name.strip_prefix("mailto:").unwrap_or(name)) && is_part(domain) && domain.contains('.')
    });
    match text.trim_matches(['"', '\'']).strip_prefix('@') {
        _ if is_mail => LinkError::MailAddress,
        Some(name) if !name.is_empty() && !name.contains([' ', '@', '/']) => LinkError::NameAlone,
        _ => LinkError::NotALink,
    }
}
