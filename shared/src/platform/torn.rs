//! The text after a link: decides whether it is the rest of a torn link, or another id or name.

use super::address::{self, Manner};
use super::{Link, Platform, ShortLink};

/// Numeric ids of this length are complete: on all platforms they have 18 digits or more today.
const WHOLE_NUMBER: usize = 18;
/// The length of Instagram's codes today.
const CODE: usize = 11;

/// Whether a link is complete at the cut, so that the text after it can't belong to the link.
pub(super) fn is_end_of(link: &Link, shorter: &str, behind: &str, manner: Manner) -> bool {
    let mut signs = behind.chars();
    let sign = signs.next().unwrap_or_default();
    let next = signs.next();
    if names_another(link, behind) {
        return false;
    }
    if sign.is_alphanumeric() || (matches!(sign, ',' | ';' | '\'') && next.is_some_and(char::is_alphanumeric)) {
        return is_whole(link, shorter, manner);
    }
    true
}

/// Whether the id or name in a link must be complete: the id has its full length, or another part
/// of the link follows.
fn is_whole(link: &Link, written: &str, manner: Manner) -> bool {
    let has_full_length = match link {
        Link::Post(post) => match post.platform {
            Platform::YouTube => true,
            Platform::Instagram => post.id.len() == CODE,
            _ => post.id.len() >= WHOLE_NUMBER,
        },
        Link::Creator(_) | Link::Short(_) => false,
    };
    let names_before_query = || {
        let path = written.split_once('?').map(|(path, _)| address::read(path, manner));
        path.is_some_and(|read| read.is_ok_and(|read| read.is_same(link)))
    };
    has_full_length || written.ends_with('/') || names_before_query()
}

/// The space or line break that seems to be inside a link; `None` if the link ends before it.
pub(super) fn torn_by<'a>(link: &Link, written: &str, behind: &'a str, manner: Manner) -> Option<&'a str> {
    let dotless = behind.trim_start_matches('.');
    let word_on = dotless.trim_start();
    let gap = &dotless[..dotless.len() - word_on.len()];
    let word = word_on.split(char::is_whitespace).next().unwrap_or_default();
    let goes_on = |letter: char| letter.is_ascii_alphanumeric() || "/-_.?=&%@;".contains(letter);
    let is_link_on =
        word.starts_with(goes_on) && word.contains(|letter: char| letter.is_ascii_alphanumeric() || letter == '/');
    if word.starts_with("http") || !is_link_on {
        return None;
    }
    let is_torn = match gap {
        "\t" | "\n" | "\r\n" if is_whole(link, written, manner) => {
            address::read(&[written, word].concat(), manner).is_ok_and(|glued| !glued.is_same(link))
        }
        "\t" | "\n" | "\r\n" => true,
        // HTML's space too.
        " " | "\u{A0}" if !is_whole(link, written, manner) => match link {
            // A dot may end a sentence.
            Link::Creator(_) if dotless.len() < behind.len() => is_rest_of_link(word) && word.ends_with('/'),
            _ if dotless.len() < behind.len() => false,
            _ if is_rest_of_link(word) && address::read(written, manner).is_ok() => true,
            Link::Post(post) => {
                let word = word.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric());
                let is_rest_of_code = post.platform == Platform::Instagram && post.id.len() + word.len() == CODE;
                is_rest_of_code || word.bytes().all(|byte| byte.is_ascii_digit())
            }
            Link::Short(short) => {
                word.starts_with(|first: char| first.is_ascii_digit()) || is_rest_of_token(short, word)
            }
            // A single word after a name can be its second half.
            Link::Creator(_) => {
                let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_');
                word.len() == word_on.trim_end().len() && word.chars().all(is_name)
            }
        },
        _ => false,
    };
    is_torn.then_some(gap)
}

/// Whether a short link's token has its usual length only together with this word.
fn is_rest_of_token(short: &ShortLink, word: &str) -> bool {
    let usual = match short.platform {
        Platform::TikTok => 9..=9,
        Platform::Twitter => 10..=10,
        Platform::LinkedIn => 7..=8,
        _ => return false,
    };
    let word = word.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric());
    short.token.len() < *usual.start()
        && usual.contains(&(short.token.len() + word.len()))
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether the text after a link seems to be another post's id, or another creator's name:
/// `…/video/1,2`, `@jane,@joe`.
pub(super) fn names_another(link: &Link, behind: &str) -> bool {
    const SIGNS: [char; 5] = [',', ';', '|', '&', '+'];
    let rest = behind.trim_start_matches(SIGNS);
    let has_sign = rest.len() < behind.len();
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    match link {
        Link::Post(post) => {
            let word = rest.trim_start_matches([' ', '/']);
            let word = &word[..word.find(|letter| !is_word(letter)).unwrap_or(word.len())];
            word != post.id && (looks_like_id(post.platform, word) || (has_sign && is_code(post.platform, word)))
        }
        Link::Creator(_) => {
            let pair = rest.split(SIGNS).next().unwrap_or_default();
            has_sign
                && (rest.starts_with('@')
                    || (behind.starts_with('&') && rest.starts_with(is_word) && !pair.contains('=')))
        }
        Link::Short(_) => false,
    }
}

/// Whether a word directly after a comma can be a post's code, although it has no digit.
fn is_code(platform: Platform, word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().skip(1).any(is);
    matches!(platform, Platform::YouTube | Platform::Instagram)
        && word.len() == CODE
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

/// Whether a word is almost certainly a post's id, and not a word of a language, a number of views
/// or a telephone number.
pub(super) fn looks_like_id(platform: Platform, word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    match platform {
        Platform::YouTube | Platform::Instagram => {
            word.len() == CODE
                && has(|byte| !byte.is_ascii_alphabetic())
                && has(u8::is_ascii_uppercase)
                && has(u8::is_ascii_lowercase)
        }
        Platform::TikTok | Platform::Twitter | Platform::Facebook | Platform::LinkedIn => {
            word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

/// Whether a word has signs that words of sentences don't have. The exception "w/" means "with".
fn is_rest_of_link(word: &str) -> bool {
    !word.contains("://") && (word.starts_with(['.', '_']) || (word.contains(['/', '?', '=']) && word != "w/"))
}
