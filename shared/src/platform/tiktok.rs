//! TikTok's links.

use super::{Creator, Link, LinkError, Platform, Post, ShortLink};

/// What TikTok shows to those whom it doesn't let in: it says nothing about the page behind it.
pub const LOGIN_PAGE: &str = "login page";

/// Reads the path of a link to `host`.
pub(super) fn parse(host: &str, path: &[&str]) -> Result<Link, LinkError> {
    if let "vm.tiktok.com" | "vt.tiktok.com" = host {
        return match path {
            [token] if is_token(token) => Ok(short(format!("https://{host}/{token}/"))),
            _ => Err(other("page")),
        };
    }
    match path {
        ["t", token] if is_token(token) => Ok(short(format!("https://www.tiktok.com/t/{token}/"))),

        [author, kind @ ("video" | "photo"), id] if author.starts_with('@') && is_id(id) => {
            let handle = handle(&author[1..]).unwrap_or_default();
            Ok(Link::Post(post(handle, kind, id)))
        }
        ["embed", "v2" | "v3", id] | ["embed", id] | ["player", "v1", id] if is_id(id) => Ok(bare(id)),
        ["share", "video", id] | ["i18n", "share", "video", id] if is_id(id) => Ok(bare(id)),
        ["v", page] => match page.strip_suffix(".html").unwrap_or(page) {
            id if is_id(id) => Ok(bare(id)),
            _ => Err(other("page")),
        },

        [author] if author.starts_with('@') => match handle(&author[1..]) {
            Some(handle) => Ok(Link::Creator(Creator { platform: Platform::TikTok, handle: handle.to_lowercase() })),
            None => Err(other("page with a handle that can't exist")),
        },

        [] => Err(other("start page")),
        ["tag", ..] => Err(other("hashtag page")),
        ["music", ..] => Err(other("sound page")),
        ["discover" | "search", ..] => Err(other("search page")),
        ["login", ..] => Err(other(LOGIN_PAGE)),
        ["foryou" | "explore" | "following", ..] => Err(other("feed")),
        [_, "live"] => Err(other("live room")),
        [_, "playlist" | "collection", ..] => Err(other("collection")),
        [_, "video" | "photo", ..] => Err(other("link whose post id is not a number")),
        _ => Err(other("page")),
    }
}

/// A post's id alone.
pub(super) fn bare_id(text: &str) -> Option<Post> {
    is_id(text).then(|| post("", "video", text))
}

/// The address of a post by this author; None when the author is unknown.
#[must_use]
pub fn post_url(author: &str, is_photo: bool, id: &str) -> Option<String> {
    let kind = if is_photo { "photo" } else { "video" };
    handle(author).map(|author| post(author, kind, id).url)
}

/// TikTok redirects from an address without a handle.
fn post(handle: &str, kind: &str, id: &str) -> Post {
    Post { platform: Platform::TikTok, id: id.to_owned(), url: format!("https://www.tiktok.com/@{handle}/{kind}/{id}") }
}

fn bare(id: &str) -> Link {
    Link::Post(post("", "video", id))
}

fn short(url: String) -> Link {
    Link::Short(ShortLink { platform: Platform::TikTok, url })
}

const fn other(page: &'static str) -> LinkError {
    LinkError::OtherPage { platform: Platform::TikTok, page }
}

/// Ids are 64-bit numbers.
fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_token(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Letters, digits, underscores and periods; 24 at most today, some old ones are longer.
fn handle(text: &str) -> Option<&str> {
    let is_allowed = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    ((1..=64).contains(&text.len()) && text.chars().all(is_allowed)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use rstest::rstest;

    const ID: &str = "7106594312292453675";

    #[rstest]
    #[case("https://www.tiktok.com/@some.one/video/7106594312292453675")]
    #[case("https://www.tiktok.com/@some.one/video/7106594312292453675?is_from_webapp=1&lang=en#comments")]
    #[case("http://tiktok.com/@some.one/video/7106594312292453675/")]
    #[case("//www.tiktok.com/@some.one/video/7106594312292453675")]
    #[case("tiktok.com/@some.one/video/7106594312292453675")]
    #[case("  HTTPS://WWW.TIKTOK.COM/@some.one/video/7106594312292453675 ")]
    #[case("https://www.tiktok.com:443/@some.one/video/7106594312292453675")]
    #[case("https://www.tiktok.com./@some.one/video/7106594312292453675")]
    #[case("https://www.tiktok.com/%40some.one/video/7106594312292453675")]
    #[case("https://www.tiktok.com/@some.one/photo/7106594312292453675")]
    #[case("https://www.tiktok.com/@/video/7106594312292453675")]
    #[case("https://m.tiktok.com/v/7106594312292453675.html")]
    #[case("https://www.tiktok.com/embed/7106594312292453675")]
    #[case("https://www.tiktok.com/embed/v2/7106594312292453675")]
    #[case("https://www.tiktok.com/player/v1/7106594312292453675")]
    #[case("https://www.tiktokv.com/share/video/7106594312292453675/")]
    #[case("https://t.tiktok.com/i18n/share/video/7106594312292453675/")]
    fn every_form_of_a_post_is_the_same_post(#[case] link: &str) {
        let Ok(Link::Post(post)) = parse(link, None) else { panic!("{link}: {:?}", parse(link, None)) };
        assert_eq!((post.platform, post.id.as_str()), (Platform::TikTok, ID));
        let Ok(Link::Post(again)) = parse(&post.url, None) else { panic!("{}", post.url) };
        assert_eq!(again, post);
    }

    #[rstest]
    #[case("https://vm.tiktok.com/ZMabcdefg", "https://vm.tiktok.com/ZMabcdefg/")]
    #[case("http://vt.tiktok.com/ZSabcdefg/?k=1", "https://vt.tiktok.com/ZSabcdefg/")]
    #[case("https://www.tiktok.com/t/ZTabcdefg/", "https://www.tiktok.com/t/ZTabcdefg/")]
    fn a_short_link_is_asked_at_an_address_of_our_own_making(#[case] link: &str, #[case] url: &str) {
        assert_eq!(parse(link, None), Ok(short(url.to_owned())));
    }

    #[test]
    fn a_creators_page_is_a_creator() {
        let creator = Creator { platform: Platform::TikTok, handle: "some.one_1".to_owned() };
        assert_eq!(parse("https://www.tiktok.com/@Some.One_1?lang=en", None), Ok(Link::Creator(creator)));
    }

    #[rstest]
    #[case("https://www.tiktok.com/", "start page")]
    #[case("https://www.tiktok.com/tag/dance", "hashtag page")]
    #[case("https://www.tiktok.com/music/a-song-123", "sound page")]
    #[case("https://www.tiktok.com/@someone/live", "live room")]
    #[case("https://www.tiktok.com/@someone/video/abc", "link whose post id is not a number")]
    #[case("https://vm.tiktok.com/", "page")]
    fn other_pages_are_refused_by_name(#[case] link: &str, #[case] page: &'static str) {
        assert_eq!(parse(link, None), Err(other(page)));
    }

    #[rstest]
    #[case("https://tiktok.com.evil.example/@a/video/1")]
    #[case("https://nottiktok.com/@a/video/1")]
    #[case("https://evil.example/www.tiktok.com/@a/video/1")]
    fn look_alikes_are_other_sites(#[case] link: &str) {
        assert!(matches!(parse(link, None), Err(LinkError::UnknownSite(_))), "{link}");
    }

    #[rstest]
    #[case("")]
    #[case("hello")]
    #[case("https://tiktok.com@evil.example/@a/video/1")]
    #[case("https://user:pass@www.tiktok.com/@a/video/1")]
    #[case("https://www.tiktok.com:8443/@a/video/1")]
    #[case("javascript://www.tiktok.com/@a/video/1")]
    #[case("ftp://www.tiktok.com/@a/video/1")]
    #[case("https://127.0.0.1/@a/video/1")]
    fn what_is_no_web_link_is_refused(#[case] link: &str) {
        assert_eq!(parse(link, None), Err(LinkError::NotALink), "{link}");
    }

    #[test]
    fn a_named_platform_reads_bare_ids_and_unknown_sites() {
        let expected = Ok(Link::Post(post("", "video", ID)));
        assert_eq!(parse(ID, Some(Platform::TikTok)), expected);
        let mirror = format!("https://mirror.example/@/video/{ID}");
        assert_eq!(parse(&mirror, Some(Platform::TikTok)), expected);
    }

    #[test]
    fn a_named_platform_that_contradicts_the_link_is_refused() {
        let link = "https://www.tiktok.com/@a/video/1";
        let refusal = parse(link, Some(Platform::YouTube));
        assert!(matches!(refusal, Err(LinkError::Contradiction { .. })));
    }
}
