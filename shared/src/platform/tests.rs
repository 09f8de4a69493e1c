//! Each platform's forms, as a table, and what holds for all links.

use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::*;

/// A platform, a form of its links, and what it is read as: `post ID`, `creator KIND ID`, `short TOKEN`, or else the page that it is.
/// The benchmark reads the same table.
const FORMS: &[(Platform, &str, &str)] = &include!("forms.rs");

fn shown(text: &str) -> String {
    match parse(text, None) {
        Ok(Link::Post(post)) => format!("post {}", post.id),
        Ok(Link::Creator(creator)) => format!("creator {} {}", creator.kind, creator.id),
        Ok(Link::Short(short)) => format!("short {}", short.token),
        Err(LinkError::OtherPage { page, .. }) => page.to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn every_form_is_read_as_the_table_says() {
    for (platform, form, expected) in FORMS {
        assert_eq!(shown(form), *expected, "{form}");
        let read_as = match parse(form, None) {
            Ok(link) => link.platform(),
            Err(LinkError::OtherPage { platform, .. }) => platform,
            Err(error) => panic!("{form}: {error}"),
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
        // Schemes that people leave out, and what browsers put in.
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
    let posts = |id: &str| FORMS.iter().filter(|(_, _, expected)| *expected == format!("post {id}")).count();
    assert!(posts("7106594312292453675") > 8 && posts("dQw4w9WgXcQ") > 8 && posts("CzXyZ12AbCd") > 5);
}

#[test]
fn facebooks_owner_and_linkedins_kind_are_kept() {
    let read = |text| match parse(text, None) {
        Ok(Link::Post(post)) => post,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(read("https://m.facebook.com/story.php?story_fbid=11&id=22").owner.as_deref(), Some("22"));
    assert_eq!(read("https://www.facebook.com/Some.Page/posts/a-slug/11").owner.as_deref(), Some("Some.Page"));
    assert_eq!(read("https://www.facebook.com/reel/11").owner, None);
    assert_eq!(read("https://www.linkedin.com/feed/update/urn:li:ugcPost:11").urn, Some(Urn::UgcPost));
    assert_eq!(read("https://www.linkedin.com/posts/a_b-share-11-xY").urn, Some(Urn::Share));
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
        "https://netflix.com/a/status/1",
        "https://smart.co/abc",
        "https://evil.example\\@youtube.com/watch?v=dQw4w9WgXcQ",
        "https://\u{445}.com/a/status/1",
    ] {
        assert!(matches!(parse(link, None), Err(LinkError::UnknownSite(_))), "{link}: {}", shown(link));
    }
}

#[test]
fn what_is_no_web_link_is_refused() {
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
fn the_host_alone_says_whose_link_it_is() {
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
        (Twitter, "https://mirror.example/jack/status/20", "20"),
        (Facebook, "https://mirror.example/watch/?v=11", "11"),
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
        "this is a TikTok link, but `platform` says youtube; send matching ones, or leave `platform` out"
    );
}

#[test]
fn a_name_whose_small_letters_are_no_letters_is_refused() {
    // Its small form is an i and a combining dot.
    for link in
        ["https://www.youtube.com/@\u{130}", "https://www.tiktok.com/@\u{130}", "https://www.facebook.com/\u{130}"]
    {
        assert!(parse(link, None).is_err(), "{link}");
    }
}

#[test]
fn a_refusal_says_what_was_seen() {
    for (link, says) in [
        ("https://www.tiktok.com/tag/dance", "this is a TikTok hashtag page; send the link of one post"),
        ("https://x.com/home", "this is an X page; send the link of one post"),
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

/// A link of the table with something done to it.
fn mangled() -> impl Strategy<Value = String> {
    let form = (0..FORMS.len()).prop_map(|row| FORMS[row].1.to_owned());
    (form, any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[/@?#%&=.:\\PC]{0,4}").prop_map(
        |(form, one, other, inserted)| {
            let letters: Vec<char> = form.chars().collect();
            let [a, b] = [one, other].map(|place| place.index(letters.len() + 1));
            let (start, end) = (a.min(b), a.max(b));
            // Half of the time a piece is replaced, else something is put in.
            let end = if one.index(2) == 0 { end } else { start };
            letters[..start].iter().copied().chain(inserted.chars()).chain(letters[end..].iter().copied()).collect()
        },
    )
}

fn reads_back(text: &str) -> Result<(), TestCaseError> {
    for platform in std::iter::once(None).chain(Platform::iter().map(Some)) {
        if let Ok(link) = parse(text, platform) {
            prop_assert_eq!(parse(link.url(), None), Ok(link.clone()), "{} -> {}", text, link.url());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic_and_its_canonical_address_reads_back(text in "\\PC{0,80}") {
        reads_back(&text)?;
    }

    #[test]
    fn a_mangled_link_is_read_without_a_panic_and_its_canonical_address_reads_back(text in mangled()) {
        reads_back(&text)?;
    }

    #[test]
    fn any_bytes_behind_a_platforms_host_are_read_without_a_panic(path in "[ -~]{0,60}", row in 0..FORMS.len()) {
        let (platform, _, _) = FORMS[row];
        reads_back(&format!("https://{}/{path}", platform.domain()))?;
    }
}
