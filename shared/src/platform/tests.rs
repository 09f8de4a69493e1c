//! Each platform's forms, as a table, and the rules for all links.

use std::sync::LazyLock;

use proptest::prelude::*;
use strum::IntoEnumIterator;
use url::Url;

use super::address::Parts;
use super::link::Urn;
use super::*;

/// A platform, a form of its links, and the expected result: `post ID`, `creator KIND ID`, `short
/// TOKEN`, or otherwise the name of the page. The benchmark reads the same table.
pub(super) static FORMS: LazyLock<Vec<(Platform, &str, &str)>> = LazyLock::new(|| {
    let rows = include_str!("forms.tsv").lines().skip(1).map(|row| row.split('\t').collect::<Vec<_>>());
    rows.map(|row| (row[0].parse().unwrap(), row[1], row[2])).collect()
});

pub(super) fn shown(text: &str) -> String {
    match parse(text, None) {
        Ok(Link::Post(post)) => format!("post {}", post.id),
        Ok(Link::Creator(creator)) => format!("creator {} {}", creator.kind, creator.id),
        Ok(Link::Short(short)) => format!("short {}", short.token),
        Err(LinkError::OtherPage { page, .. }) => page.to_string(),
        Err(LinkError::PageOf { page, .. }) => page.to_owned(),
        Err(LinkError::WayOut { .. }) => "link to another site".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn every_form_is_read_as_the_table_says() {
    for (platform, form, expected) in FORMS.iter() {
        assert_eq!(shown(form), *expected, "{form}");
        let read_as = match parse(form, None) {
            Ok(link) => link.platform(),
            Err(error) => error.platform().unwrap_or_else(|| panic!("{form}: {error}")),
        };
        assert_eq!(read_as, *platform, "{form}");
    }
}

#[test]
fn every_platform_has_posts_creators_and_other_pages_in_the_table() {
    for platform in Platform::iter() {
        for kind in ["post ", "creator ", "start page"] {
            let has_it = FORMS.iter().any(|(row, _, expected)| *row == platform && expected.starts_with(kind));
            assert!(has_it, "{platform} has no {kind}");
        }
    }
}

#[test]
fn the_canonical_address_is_read_as_the_same_link() {
    for link in FORMS.iter().filter_map(|(_, form, _)| parse(form, None).ok()) {
        assert_eq!(parse(link.url(), None), Ok(link.clone()), "{}", link.url());
        // People omit the scheme, and browsers add other parts.
        let bare = link.url().trim_start_matches("https://");
        for written in
            [bare.to_owned(), format!("//{bare}"), format!("  HTTPS://{bare} "), format!("http://{bare}#top")]
        {
            assert_eq!(parse(&written, None), Ok(link.clone()), "{written}");
        }
    }
}

#[test]
fn all_forms_of_one_post_have_one_id() {
    for (id, at_least) in [("7106594312292453675", 10), ("dQw4w9WgXcQ", 10), ("CzXyZ12AbCd", 6)] {
        let read = FORMS.iter().filter_map(|(_, form, _)| parse(form, None).ok());
        let posts = read.filter(|link| matches!(link, Link::Post(post) if post.id == id)).count();
        assert!(posts >= at_least, "{id}: {posts}");
    }
}

#[test]
fn facebooks_owner_is_kept_in_the_address_and_linkedins_kind_beside_the_id() {
    let read = |text| match parse(text, None) {
        Ok(Link::Post(post)) => post,
        other => panic!("{text}: {other:?}"),
    };
    for (form, canonical) in [
        (
            "https://m.facebook.com/story.php?story_fbid=11&id=22",
            "https://www.facebook.com/permalink.php?story_fbid=11&id=22",
        ),
        ("https://www.facebook.com/Some.Page/posts/a-slug/11", "https://www.facebook.com/Some.Page/posts/11"),
        ("https://m.facebook.com/reel/11", "https://www.facebook.com/reel/11"),
    ] {
        assert_eq!(read(form).url, canonical);
    }
    assert_eq!(read("https://www.linkedin.com/feed/update/urn:li:ugcPost:11").urn, Some(Urn::UgcPost));
    assert_eq!(read("https://www.linkedin.com/posts/a_b-share-7294184927465283584-xY").urn, Some(Urn::Share));
}

#[test]
fn look_alikes_are_other_sites() {
    for link in [
        "https://tiktok.com.evil.example/@a/video/1",
        "https://nottiktok.com/@a/video/1",
        "https://evil.example/www.tiktok.com/@a/video/1",
        "https://evil.example/?url=https://x.com/a/status/1",
        "https://evil.example/#@x.com/a/status/1",
        "https://tiktok.com@evil.example/@a/video/1",
        "https://petflix.com/a/status/1",
        "https://smart.co/abc",
        "https://evil.example\\@youtube.com/watch?v=dQw4w9WgXcQ",
        "https://\u{445}.com/a/status/1",
    ] {
        assert!(matches!(parse(link, None), Err(LinkError::UnknownSite(_))), "{link}: {}", shown(link));
    }
}

#[test]
fn a_string_that_is_not_a_web_link_is_refused() {
    for text in [
        "",
        "hello",
        "a video on tiktok.com",
        "/watch?v=dQw4w9WgXcQ",
        "@user/video/7106594312292453675",
        "7106594312292453675",
        "dQw4w9WgXcQ",
        "urn:li:activity:7294184927465283584",
        "javascript://www.tiktok.com/@a/video/1",
        "ftp://www.tiktok.com/@a/video/1",
        "mailto:someone@instagram.com?subject=https://www.instagram.com/p/CzXyZ12AbCd/",
        "vnd.youtube:dQw4w9WgXcQ",
        "https://127.0.0.1/@a/video/1",
        "https://[::1]/@a/video/1",
        "https://localhost/@a/video/1",
        "https://",
        "https://www.tiktok.com:99999/@a/video/1",
    ] {
        assert_eq!(parse(text, None), Err(LinkError::NotALink), "{text}");
    }
    let long = format!("https://www.tiktok.com/@a/video/{}", "1".repeat(2048));
    assert_eq!(parse(&long, None), Err(LinkError::TooLong));
}

#[test]
fn the_host_alone_decides_the_platform() {
    for link in [
        "https://user:password@www.tiktok.com/@a/video/1",
        "https://evil.example@www.tiktok.com/@a/video/1",
        "https://www.tiktok.com:8443/@a/video/1",
        "https://www.tiktok.com./@a/video/1",
        "https:www.tiktok.com/@a/video/1",
        "https:\\\\www.tiktok.com\\@a\\video\\1",
        "https://www.tiktok.com/@b/../@a/video/1",
        "https://www.tiktok.com/%40a/v%69deo/1",
    ] {
        assert_eq!(shown(link), "post 1", "{link}");
    }
}

#[test]
fn a_named_platform_reads_bare_ids_and_unknown_sites() {
    use Platform::{Facebook, Instagram, LinkedIn, TikTok, Twitter, YouTube};
    for (platform, text, id) in [
        (TikTok, "7106594312292453675", "7106594312292453675"),
        (TikTok, "https://mirror.example/@a/video/7106594312292453675", "7106594312292453675"),
        (Instagram, "CzXyZ12AbCd", "CzXyZ12AbCd"),
        (Instagram, "3951324523536622012", "DbV7LgZsKG8"),
        (Instagram, "3951324523536622012_25025320", "DbV7LgZsKG8"),
        (YouTube, " dQw4w9WgXcQ ", "dQw4w9WgXcQ"),
        (YouTube, "https://mirror.example/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        (Twitter, "20", "20"),
        (Twitter, "https://mirror.example/jack/status/1234567890123456789", "1234567890123456789"),
        (Twitter, "https://fxtwitter.com/jack/status/20", "20"),
        (Facebook, "https://mirror.example/watch/?v=123456789012345", "123456789012345"),
        (LinkedIn, "urn:li:activity:7294184927465283584", "7294184927465283584"),
    ] {
        let read = parse(text, Some(platform));
        assert!(
            matches!(&read, Ok(Link::Post(post)) if post.id == id && post.platform == platform),
            "{text}: {read:?}"
        );
    }
    assert_eq!(parse("7294184927465283584", Some(LinkedIn)), Err(LinkError::NotALink), "of which kind?");
}

#[test]
fn a_named_platform_that_contradicts_the_link_is_refused() {
    let refusal = parse("https://www.tiktok.com/@a/video/1", Some(Platform::YouTube)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "this is a TikTok link, but `platform` says youtube; send matching values, or leave `platform` out"
    );
}

#[test]
fn an_id_is_read_only_from_its_own_place() {
    for (link, expected) in [
        (
            "https://www.linkedin.com/posts/x_brand-activity-2024-recap-ugcPost-7294184927465283584-AbCd",
            "post 7294184927465283584",
        ),
        ("https://www.linkedin.com/posts/a_we-share-100-ideas", "link without a post's id"),
        ("https://www.linkedin.com/pub/dir/Foo/Bar", "profile in an old form"),
        ("https://www.linkedin.com/in/ACoAABCDEF", "creator id ACoAABCDEF"),
        ("https://www.facebook.com/groups/g/permalink/123/reply/999", "post 123"),
        ("https://www.facebook.com/user/posts/pfbid02abcDEF/comments/456", "post pfbid02abcDEF"),
        ("https://www.facebook.com/user/photos/albums/456", "page of another kind"),
        (
            "https://www.youtube.com/attribution_link?u=%2Fwatch%3Frv%3DAAAAAAAAAAA%26v%3DdQw4w9WgXcQ",
            "post dQw4w9WgXcQ",
        ),
        ("https://www.youtube.com/attribution_link?u=https%3A%2F%2Fevil.example%2F%3Fv%3DdQw4w9WgXcQ", "redirect"),
        ("https://www.youtube.com/UCabcdefghijklmnopqrstuv", "creator id UCabcdefghijklmnopqrstuv"),
        ("https://www.instagram.com/reel/audio/123/", "sound page"),
        ("https://www.instagram.com/reels/trending/", "page of another kind"),
        ("https://www.instagram.com/share/p/", "share link without its token"),
        ("https://vm.tiktok.com/t/ZMabcdefg/", "page of another kind"),
        ("https://x.com/a/status/00020", "link whose post id is not a number"),
        ("https://x.com/a/status/99999999999999999999", "link whose post id is not a number"),
    ] {
        assert_eq!(shown(link), expected, "{link}");
    }
    let secret = format!("https://www.instagram.com/p/CzXyZ12AbCd{}/", "x".repeat(28));
    assert_eq!(shown(&secret), "post CzXyZ12AbCd", "the same post with and without its secret");
}

#[test]
fn no_page_of_the_platform_itself_is_read_as_a_creator_in_any_spelling() {
    // The first segments of all forms in the table, except creators'.
    for (platform, form, _) in FORMS.iter().filter(|(_, _, expected)| !expected.starts_with("creator")) {
        let site = format!("https://www.{}/", platform.domain());
        let page = form.strip_prefix(&site).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
        let is_owners = page.is_empty() || page.contains(['.', '@', '-']);
        for written in [page.to_owned(), page.to_uppercase()].iter().filter(|_| !is_owners) {
            let link = format!("{site}{written}");
            assert!(!matches!(parse(&link, None), Ok(Link::Creator(_))), "{link}, from {form}");
        }
    }
}

#[test]
fn most_links_need_no_parser() {
    let plain = FORMS.iter().filter(|(_, link, _)| Parts::of_plain(link).is_some()).count();
    assert!(plain * 4 > FORMS.len() * 3, "{plain} of {}", FORMS.len());
}

#[test]
fn text_after_a_link_never_becomes_part_of_it() {
    const TORN: &str = "link with a tab or a line break in it";
    for (text, expected) in [
        ("https://x.com/jack/status/20\t1500", TORN),
        ("https://x.com/jack/status/20\n3", TORN),
        ("x.com/jack/status/20\r\n3", TORN),
        ("https://t.co/AbCdEf1234\thello", TORN),
        ("https://www.facebook.com/watch/?v=1234567890\t15", TORN),
        ("x.com/jack/status/20\t1500?ref=https://x.com/", TORN),
        ("https:\\\\x.com\\jack\\status\\20\t1500", TORN),
        ("https:x.com/jack/status/20\t1500", TORN),
        ("https://www.tiktok.com/@some.\tone", TORN),
        ("https://x.com/jack/status/20 1500", "link with a space in it"),
        ("https://www.tiktok.com/@some one", "link with a space in it"),
        // A complete id can't continue.
        ("https://x.com/jack/status/1234567890123456789\t1500", "post 1234567890123456789"),
        ("https://youtu.be/dQw4w9WgXcQ\nmy video", "post dQw4w9WgXcQ"),
        ("\n https://x.com/jack/status/20\n", "post 20"),
        ("https://you\ttube.com/watch?v=dQw4w9WgXcQ", "post dQw4w9WgXcQ"),
        ("https://x.com/a/status/1?ref=https://x.com/b/status/2", "post 1"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn a_tab_or_a_blank_after_the_host_never_gives_another_link() {
    for (_, link, _) in FORMS.iter() {
        let Ok(whole) = parse(link, None) else { continue };
        let places =
            link.char_indices().map(|(place, _)| place).filter(|place| link[..*place].matches('/').count() > 2);
        for place in places {
            let (before, behind) = link.split_at(place);
            let torn = parse(&[before, "\t", behind].concat(), None);
            assert!(torn.as_ref().is_ok_and(|torn| torn.is_same(&whole)) || torn.is_err(), "{before:?} {torn:?}");
        }
    }
}

#[test]
fn a_creators_name_is_read_without_invisible_characters_around_it() {
    let read = by_name(Platform::TikTok, "\u{200E}@some.one\u{2069} ");
    assert!(matches!(&read, Ok(Link::Creator(creator)) if creator.id == "some.one"), "{read:?}");
}

/// Every pair of ASCII characters in every place, and cases that need more than two characters.
#[test]
fn an_address_split_without_the_parser_has_the_same_parts_as_with_it() {
    let ascii = || '\0'..='\x7f';
    let pairs = ascii().flat_map(|one| ascii().map(move |other| format!("{one}{other}")));
    for text in pairs.chain(["xn--a", "a.1", "0x7", "%2e", "%2E.", "a/..", "&amp;", "é", "\u{ad}"].map(str::to_owned))
    {
        for address in [
            format!("https://{text}/a"),
            format!("https://www.x{text}x.com/a"),
            format!("https://www.x.com{text}"),
            format!("https://www.x.com/{text}/a"),
            format!("https://www.x.com/a/{text}"),
            format!("https://www.x.com/a?{text}&a=b"),
        ] {
            let Some(parts) = Parts::of_plain(&address) else { continue };
            assert_eq!(Ok(parts), Url::parse(&address).as_ref().map(Parts::of), "{address:?}");
        }
    }
}

#[test]
fn a_refusal_names_the_kind_of_page() {
    for (link, says) in [
        ("https://www.tiktok.com/tag/dance", "this is a TikTok hashtag page; send the link of one post"),
        ("https://x.com/home", "this is an X page of another kind; send the link of one post"),
        ("https://www.instagram.com/stories/a/1", "this is an Instagram story; send the link of one post"),
    ] {
        assert_eq!(parse(link, None).unwrap_err().to_string(), says);
    }
}

#[test]
fn instagrams_shortcodes_and_numbers_are_the_same_thing() {
    for (code, id) in [
        ("DbV7LgZsKG8", "3951324523536622012"),
        ("Chunk8-jurw", "2913440072144448240"),
        ("B1LbfVPlwIA", "2110901750722920960"),
        ("D", "3"),
    ] {
        assert_eq!(instagram::media_id(code).as_deref(), Some(id));
        assert_eq!(instagram::shortcode(id).as_deref(), Some(code));
    }
    let private = format!("Chunk8-jurw{}", "x".repeat(28));
    assert_eq!(instagram::media_id(&private).as_deref(), Some("2913440072144448240"), "its secret is not part of it");
    for nonsense in ["", "A", "___________________", "über", "a b", "ééééééééééééééééééé"] {
        assert_eq!(instagram::media_id(nonsense), None, "{nonsense}");
    }
    for nonsense in ["", "0", "-1", "x", "99999999999999999999999"] {
        assert_eq!(instagram::shortcode(nonsense), None, "{nonsense}");
    }
}

/// A link of the table in which a piece is replaced or inserted.
fn mangled() -> impl Strategy<Value = String> {
    let row = 0..FORMS.len();
    let places = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>());
    (row, places, "[/@?#%&=.:\\-A-Za-z0-9]{0,4}|\\PC{0,2}").prop_map(|(row, (one, other, is_put_in), inserted)| {
        let letters: Vec<char> = FORMS[row].1.chars().collect();
        let [a, b] = [one, other].map(|place| place.index(letters.len() + 1));
        let start = a.min(b);
        let end = if is_put_in { start } else { a.max(b) };
        letters[..start].iter().copied().chain(inserted.chars()).chain(letters[end..].iter().copied()).collect()
    })
}

/// Words of all grammars after a platform's host, in any order, in lower and upper case.
fn jumbled() -> impl Strategy<Value = String> {
    let words: Vec<&str> = FORMS.iter().flat_map(|(_, form, _)| form.split(['/', '?', '&', '='])).collect();
    let word = (prop::sample::select(words), 0..4_u8).prop_map(|(word, letters)| match letters {
        0 => word.to_uppercase(),
        1 => word.to_lowercase(),
        _ => word.to_owned(),
    });
    let platform = prop::sample::select(Platform::iter().collect::<Vec<_>>());
    (platform, prop::collection::vec((word, prop::sample::select(vec!["/", "/", "/", "?", "=", "&"])), 0..6)).prop_map(
        |(platform, words)| {
            let path: String = words.into_iter().flat_map(|(word, sign)| [word, sign.to_owned()]).collect();
            format!("https://www.{}/{path}", platform.domain())
        },
    )
}

/// Reads a string as a link and as a creator's name. The address of the result must read back as
/// the same subject.
fn reads_back(text: &str) -> Result<(), TestCaseError> {
    if let Some(parts) = Parts::of_plain(text) {
        let url = Url::parse(text);
        prop_assert_eq!(Ok(parts), url.as_ref().map(Parts::of), "{}", text);
        // The search in a text also finds every link that the short way reads.
        if let Ok(link) = parse(text, None) {
            let searched = find::link_in(text, Manner { named: None, unwraps: true });
            prop_assert_eq!(searched, Ok(link), "{}", text);
        }
    }
    for platform in std::iter::once(None).chain(Platform::iter().map(Some)) {
        if let Ok(link) = parse(text, platform) {
            prop_assert_eq!(parse(link.url(), None), Ok(link.clone()), "{} -> {}", text, link.url());
        }
        if let Some(Ok(link)) = platform.map(|platform| by_name(platform, text)) {
            prop_assert_eq!(parse(link.url(), None), Ok(link.clone()), "{} -> {}", text, link.url());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,80}") {
        reads_back(&text)?;
    }

    #[test]
    fn a_mangled_link_is_read_without_a_panic_and_its_canonical_address_reads_back(text in mangled()) {
        reads_back(&text)?;
    }

    #[test]
    fn a_jumbled_link_is_read_without_a_panic_and_its_canonical_address_reads_back(text in jumbled()) {
        reads_back(&text)?;
    }

    #[test]
    fn a_name_is_read_without_a_panic_and_its_pages_address_reads_back(name in "[a-zA-Z0-9_.@%/ -]{0,6}|\\PC{0,4}") {
        reads_back(&name)?;
    }

    #[test]
    fn anything_behind_a_platforms_host_is_read_without_a_panic(path in "[ -~]{0,60}", row in 0..FORMS.len()) {
        let (platform, _, _) = FORMS[row];
        reads_back(&format!("https://{}/{path}", platform.domain()))?;
    }
}

#[test]
fn a_name_with_any_capital_letter_reads_back_from_its_pages_address() {
    for capital in (char::MIN..=char::MAX).filter(|letter| letter.to_lowercase().next() != Some(*letter)) {
        for name in [capital.to_string(), format!("a{capital}b")] {
            reads_back(&name).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn a_name_with_a_colon_is_refused_as_a_typing_error() {
    for link in ["https://www.linkedin.com/company/HTTPS:/", "https://www.linkedin.com/in/a:b"] {
        assert!(parse(link, None).is_err(), "{link}");
    }
}
