//! Pasted input: texts with links in them, and strings instead of a creator's name.

use proptest::prelude::*;
use rstest::rstest;
use strum::IntoEnumIterator;

use super::tests::{FORMS, shown};
use super::*;

const POST: &str = "https://www.tiktok.com/@some.one/video/7106594312292453675";

/// Surroundings of a link; `{}` is the link.
const AROUND: [&str; 44] = [
    "({})",
    "[{}]",
    "<{}>",
    "\"{}\"",
    "'{}'",
    "“{}”",
    "«{}»",
    "「{}」",
    "**{}**",
    "`{}`",
    "{}.",
    "{},",
    "{};",
    "{}!",
    "{})",
    "{}?!",
    "{}。",
    "1. {}",
    "2) {}",
    "- {}",
    "• {}",
    "Link: {}",
    "Link:{}",
    "TikTok - {}",
    "👉{}",
    "👉 {} 👈",
    "{} (50k views)",
    "{} - posted 3/5",
    "{} | 50k",
    "50k | {}",
    "\t{}\t",
    "[the post]({})",
    "[{}]({})",
    "{} {}",
    "{}\n{}",
    "{};{}",
    "{}|{}",
    "Check out this post! {}",
    "{} This post is shared via TikTok Lite. Download TikTok Lite to enjoy more posts: https://www.tiktok.com/tiktoklite",
    "{\"url\": \"{}\", \"views\": 15}",
    "<iframe width=\"560\" src=\"{}\" title=\"a player\" allow=\"autoplay; web-share\" allowfullscreen></iframe>",
    "&lt;iframe src=&quot;{}&quot;&gt;&lt;/iframe&gt;",
    "<a href='{}'>here</a>, and https://linktr.ee/some.one",
    "https://site.example/page {}",
];

fn is_read_in(around: &str, link: &str) -> Result<(), String> {
    let text = around.replace("{}", link);
    let (alone, inside) = (parse(link, None), parse(&text, None));
    let is_same = match (&alone, &inside) {
        (Ok(alone), Ok(inside)) => alone.is_same(inside),
        _ => false,
    };
    if is_same || text.chars().count() > 500 { Ok(()) } else { Err(format!("{text:?}: {alone:?} {inside:?}")) }
}

#[test]
fn every_form_is_read_in_all_surroundings() {
    for (_, form, _) in FORMS.iter().filter(|(_, form, _)| parse(form, None).is_ok()) {
        for around in AROUND {
            assert_eq!(is_read_in(around, form), Ok(()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_canonical_link_of_every_form_is_read_in_all_surroundings(
        row in 0..FORMS.len(),
        one in prop::sample::select(AROUND.to_vec()),
        other in prop::sample::select(AROUND.to_vec()),
    ) {
        // Two surroundings together, for example a quotation in a list.
        let is_simple = |around: &&str| around.matches("{}").count() == 1 && !around.contains(['<', '&', '1', '2']);
        if let Ok(link) = parse(FORMS[row].1, None) {
            prop_assert_eq!(is_read_in(one, link.url()), Ok(()));
            // Two dots mark a link that was cut off.
            let is_cut = one.contains("{}.") && other.contains("{}.");
            if let Some(around) = Some(other).filter(|around| is_simple(around) && !is_cut) {
                prop_assert_eq!(is_read_in(&one.replace("{}", around), link.url()), Ok(()));
            }
        }
    }

    #[test]
    fn any_text_around_a_link_is_read_without_a_panic(
        before in "\\PC{0,20}", link in prop::sample::select(vec![POST, "x.com/a", "https%3A%2F%2Fyoutu.be%2Fx"]),
        behind in "\\PC{0,20}",
    ) {
        let text = [before.as_str(), link, &behind].concat();
        for platform in std::iter::once(None).chain(Platform::iter().map(Some)) {
            if let Ok(link) = parse(&text, platform) {
                prop_assert_eq!(parse(link.url(), None), Ok(link));
            }
        }
    }
}

#[rstest]
#[case::semicolon("https://youtu.be/dQw4w9WgXcQ?si=a;https://youtu.be/AAAAAAAAAAA?si=b")]
#[case::bar("https://x.com/a/status/1|https://x.com/b/status/2")]
#[case::comma("https://x.com/a/status/1?s=20,https://x.com/b/status/2")]
#[case::blank("https://youtu.be/dQw4w9WgXcQ https://youtu.be/AAAAAAAAAAA")]
#[case::word("https://www.tiktok.com/@some.one and https://www.instagram.com/some.one/")]
#[case::lines("https://x.com/a/status/1\nhttps://x.com/b/status/2")]
#[case::no_scheme("x.com/a/status/1;x.com/b/status/2")]
#[case::no_scheme_and_blank("youtu.be/dQw4w9WgXcQ, youtu.be/AAAAAAAAAAA")]
#[case::in_the_querys_place("https://x.com/a/status/1?https://x.com/b/status/2")]
#[case::glued("https://x.com/a/status/1https://x.com/b/status/2")]
#[case::ampersand("https://x.com/a/status/1&https://x.com/b/status/2")]
#[case::three("https://x.com/a/status/1 https://x.com/b/status/2 https://x.com/c/status/3")]
#[case::a_post_and_its_creator("https://www.tiktok.com/@a/video/1 by https://www.tiktok.com/@a")]
fn two_different_links_are_refused_and_both_are_named(#[case] text: &str) {
    let refusal = parse(text, None).unwrap_err();
    assert!(matches!(&refusal, LinkError::TwoLinks(..)), "{refusal:?}");
    let message = refusal.to_string();
    assert!(message.contains("two links") && message.matches("https://").count() == 2, "{message}");
}

#[rstest]
#[case::another_query("https://site.example/?url=https://x.com/a/status/1")]
#[case::another_query_without_a_scheme("site.example/?url=https://x.com/a/status/1")]
#[case::another_path("https://site.example/2020/https://x.com/a/status/1")]
#[case::another_fragment("https://site.example/#https://x.com/a/status/1")]
#[case::a_known_site("https://www.google.com/url?q=https://x.com/a/status/1&sa=D")]
#[case::an_archive("https://web.archive.org/web/2020/https://x.com/a/status/1")]
#[case::a_list_in_another_query("https://site.example/?urls=https://a.example/;https://x.com/a/status/1")]
#[case::another_scheme("ftp://x.com/a/status/1")]
#[case::a_lost_letter("ttps://x.com/a/status/1")]
#[case::a_slip_of_another_site("ttps://site.example/?u=https://x.com/a/status/1")]
#[case::the_platforms_own_value_behind_a_word("https://x.com/intent/post?text=look%20https://x.com/a/status/1")]
#[case::the_platforms_own_search("https://www.youtube.com/results?search_query=a+https://x.com/a/status/1")]
#[case::no_scheme_but_its_signs("://x.com/a/status/1")]
#[case::a_script("javascript:open('https://x.com/a/status/1')")]
#[case::data("data:text/html,https://x.com/a/status/1")]
#[case::a_mail("mailto:a@x.com?subject=https://x.com/a/status/1")]
#[case::a_user_name("https://x.com;@site.example/a/status/1")]
#[case::an_invalid_port("https://x.com:99999/a/status/1")]
#[case::brackets("https://[x.com]/a/status/1")]
#[case::a_longer_host("x.com.site.example/a/status/1")]
#[case::a_tail_of_a_host("not-x.com/a/status/1")]
#[case::a_bare_host("a video on x.com")]
#[case::the_platforms_own_value("https://x.com/intent/post?url=https://x.com/a/status/1")]
fn a_link_inside_another_word_is_not_read(#[case] text: &str) {
    assert!(parse(text, None).is_err(), "{:?}", parse(text, None));
}

#[rstest]
#[case::of_the_first("https://www.instagram.com/p/CzXyZ1… / https://x.com/a/status/20")]
#[case::of_the_second("https://x.com/a/status/20 https://www.youtube.com/watch?v=dQw4w9...")]
#[case::glued("https://www.youtube.com/watch?v=dQw4w9WgXcQ->https://www.instagram.com/reel/CzXyZ12AbCd/")]
#[case::glued_by_a_word("https://www.youtube.com/watch?v=dQw4w9WgXcQorhttps://x.com/a/status/20")]
#[case::without_an_id("https://www.tiktok.com/@leo/video/x1 https://x.com/a/status/20")]
#[case::with_an_unknown_word("https://www.tiktok.com/@leo/vide0/7106594312292453675 https://x.com/a/status/20")]
#[case::with_an_unknown_word_before_a_code("https://www.instagram.com/ree1/CzXyZ12AbCd/ https://x.com/a/status/20")]
fn no_link_is_read_beside_a_broken_one(#[case] text: &str) {
    let refused = parse(text, None);
    assert!(refused.as_ref().is_err_and(LinkError::is_broken), "{refused:?}");
}

#[rstest]
#[case::by_a_slash("https://www.instagram.com/reel/CzXyZ1 2AbCd/")]
#[case::by_a_query("https://www.instagram.com/reel/CzXyZ12 Ab?igsh=x")]
#[case::by_its_length("instagram.com/p/CzXyZ 12AbCd")]
#[case::of_a_short_link("https://vm.tiktok.com/ZMrAb C123/")]
#[case::of_an_author("https://www.tiktok.com/@some .one/video/7106594312292453675")]
#[case::of_a_name("https://www.instagram.com/some .one/")]
fn a_blank_within_a_code_or_a_name_never_shortens_it(#[case] text: &str) {
    let refused = parse(text, None);
    assert!(refused.as_ref().is_err_and(LinkError::is_broken), "{refused:?}");
}

#[rstest]
#[case::of_json(r"https://www.youtube.com/watch?v=dQw4w9WgXcQ\u0026t=5", "post dQw4w9WgXcQ")]
#[case::of_json_slashes(r#"{"u":"https:\/\/x.com\/a\/status\/20"}"#, "post 20")]
#[case::of_json_twice(r"https:\\/\\/youtu.be\\/dQw4w9WgXcQ", "post dQw4w9WgXcQ")]
#[case::of_markdown(r"https://x.com/some\_one/status/20", "post 20")]
#[case::of_a_shell(r"https://www.youtube.com/watch\?v\=dQw4w9WgXcQ", "post dQw4w9WgXcQ")]
#[case::of_html("https://www.youtube.com/watch?t=5&amp;v=dQw4w9WgXcQ", "post dQw4w9WgXcQ")]
#[case::of_html_by_number("https&#58;//x.com&#x2F;a/status/20", "post 20")]
#[case::percent("https%3A%2F%2Fwww.tiktok.com%2F%40some.one", "creator handle some.one")]
#[case::percent_twice("https%253A%252F%252Fx.com%252Fa%252Fstatus%252F20", "post 20")]
#[case::percent_sign("https://www.youtube.com/watch%3Fv%3DdQw4w9WgXcQ", "post dQw4w9WgXcQ")]
#[case::and_for_question("https://www.youtube.com/watch&v=dQw4w9WgXcQ", "post dQw4w9WgXcQ")]
#[case::and_behind_an_id("https://x.com/a/status/20&lang=en", "post 20")]
#[case::a_capital("https://www.instagram.com/Reel/CzXyZ12AbCd/", "post CzXyZ12AbCd")]
#[case::capitals("HTTPS://WWW.TIKTOK.COM/@SOME.ONE/VIDEO/7106594312292453675", "post 7106594312292453675")]
#[case::capitals_of_a_name("HTTPS://WWW.LINKEDIN.COM/IN/SOME-ONE", "creator handle some-one")]
#[case::capitals_of_an_id("HTTPS://YOUTU.BE/DQW4W9WGXCQ", "link in capitals, which lost its id")]
#[case::doubled_scheme("https://https://x.com/a/status/20", "post 20")]
#[case::doubled_address("https://x.com/https://x.com/someone", "creator handle someone")]
#[case::doubled_at("https://www.tiktok.com/@https://www.tiktok.com/@some.one", "creator handle some.one")]
#[case::blank_in_the_scheme("https:// www.tiktok.com/@some.one", "creator handle some.one")]
#[case::letters_behind("https://youtu.be/dQw4w9WgXcQを見て", "post dQw4w9WgXcQ")]
#[case::picture_behind("https://x.com/a/status/20👍", "post 20")]
#[case::cut_off("https://x.com/a/status/12345…", "link whose post id is not a number")]
#[case::cut_off_with_dots("https://x.com/a/status/12345...", "link that was cut off")]
#[case::a_comma_in_a_number("https://x.com/a/status/20,500", "link whose post id is not a number")]
#[case::a_column_behind("https://x.com/a/status/1234567890123456789,500", "post 1234567890123456789")]
#[case::a_dot_escaped(r"https://www.linkedin.com/in/some\.one", "link with a backslash in it")]
#[case::of_an_old_kind("https://twitter.com/#!/a/status/20", "post 20")]
#[case::of_an_old_kind_at_the_end("https://twitter.com/a/status/20#!", "post 20")]
fn the_spelling_of_a_link_changes_nothing_or_makes_it_invalid(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected);
}

#[rstest]
#[case("https://l.facebook.com/l.php?u=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ&h=x", "post dQw4w9WgXcQ")]
#[case("https://l.instagram.com/?u=https%3A%2F%2Fwww.instagram.com%2Freel%2FCzXyZ12AbCd%2F&e=x", "post CzXyZ12AbCd")]
#[case("https://consent.youtube.com/m?continue=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ", "post dQw4w9WgXcQ")]
#[case("https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fx.com%2Fa%2Fstatus%2F20", "post 20")]
#[case("https://www.linkedin.com/safety/go?url=https%3A%2F%2Fx.com%2Fsomeone&trk=x", "creator handle someone")]
#[case("https://www.tiktok.com/link/v2?target=https%3A%2F%2Fx.com%2Fsomeone", "creator handle someone")]
fn a_platforms_redirect_to_a_supported_platform_is_that_link(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected);
}

#[rstest]
#[case("https://l.facebook.com/l.php?u=https%3A%2F%2Fsite.example%2Freel%2F1", Platform::Facebook, "site.example")]
#[case("https://www.linkedin.com/safety/go?url=https%3A%2F%2Flinktr.ee%2Fx", Platform::LinkedIn, "linktr.ee")]
#[case("https://www.youtube.com/redirect?q=https%3A%2F%2Fshop.example", Platform::YouTube, "shop.example")]
fn a_platforms_redirect_to_another_site_is_named(#[case] text: &str, #[case] platform: Platform, #[case] site: &str) {
    assert_eq!(parse(text, None), Err(LinkError::WayOut { platform, site: site.to_owned() }));
}

#[test]
fn another_site_never_gives_a_creator_and_gives_a_post_only_if_its_network_is_certain() {
    for (named, _, _) in FORMS.iter().filter(|(_, _, expected)| expected.starts_with("creator")) {
        for (_, form, _) in FORMS.iter() {
            let Some((_, path)) = form.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else { continue };
            for host in ["site.example", "linktr.ee", "fxtwitter.com", "invidious.io"] {
                let read = parse(&format!("https://{host}/{path}"), Some(*named));
                let is_refused = !matches!(read, Ok(Link::Creator(_) | Link::Short(_)));
                assert!(is_refused, "{host}/{path} {read:?}");
                assert!(host != "linktr.ee" || read.is_err(), "{path}");
            }
        }
    }
}

#[rstest]
#[case(Platform::Twitter, "https://network.example/@jane/112233445566778899")]
#[case(Platform::Twitter, "https://network.example/@jane/statuses/112233445566778899")]
#[case(Platform::Twitter, "https://network.example/jane/status/20")]
#[case(Platform::Instagram, "https://pictures.example/p/janedoe/712345678901234567")]
#[case(Platform::Instagram, "https://blog.example/p/some-words1")]
#[case(Platform::YouTube, "https://videos.example/embed/dQw4w9WgXcQ")]
#[case(Platform::TikTok, "https://videos.example/@jane/video/123456")]
#[case(Platform::TikTok, "https://host.internal/@jane/video/7106594312292453675")]
#[case(Platform::TikTok, "https://127.0.0.1.nip.io/@jane/video/7106594312292453675")]
#[case(Platform::YouTube, "https://fxtwitter.com/watch?v=dQw4w9WgXcQ")]
#[case(Platform::LinkedIn, "https://network.example/posts/some-one-activity-1")]
#[case(Platform::Facebook, "https://network.example/some.one/posts/1234567890")]
fn a_post_of_an_unknown_network_is_not_one_of_the_named_platform(#[case] named: Platform, #[case] link: &str) {
    assert!(parse(link, Some(named)).is_err(), "{:?}", parse(link, Some(named)));
}

#[rstest]
#[case(
    "https://linktr.ee/jane",
    "this is a Linktree page (linktr.ee, a link page); send the link of one post on TikTok"
)]
#[case(
    "https://www.amazon.de/x",
    "this is an Amazon page (www.amazon.de, a shop); send the link of one post on TikTok"
)]
#[case(
    "https://fxtwitter.com/a/status/20",
    "fxtwitter.com shows pages of X, but isn't X; send X's own link of one post"
)]
#[case("some.onex", "this is a name, not a link; send the full link of one post")]
#[case("\"@some.one\"", "this is a name, not a link; send the full link of one post")]
#[case("@some.one", "this is a name, not a link; send the full link of one post")]
#[case("some.one@site.example", "this is an e-mail address; send the link of one post")]
fn another_site_is_called_what_it_is(#[case] text: &str, #[case] says: &str) {
    let message = parse(text, None).unwrap_err().to_string();
    assert!(message.starts_with(says), "{message}");
}

#[test]
fn a_long_host_name_makes_no_long_message() {
    let host = format!("{}.example", "a".repeat(60).as_str()).repeat(1);
    let long = format!("https://{}{host}/", "abc.".repeat(40));
    assert!(parse(&long, None).unwrap_err().to_string().len() < 200);
}

#[rstest]
#[case(Platform::Instagram, "@some.one", "some.one")]
#[case(Platform::Instagram, "@@some.one", "some.one")]
#[case(Platform::Instagram, "＠some.one", "some.one")]
#[case(Platform::Instagram, "@ some.one", "some.one")]
#[case(Platform::Instagram, " some.one/ ", "some.one")]
#[case(Platform::Instagram, "some.one?igsh=abc", "some.one")]
#[case(Platform::Instagram, "%40some.one", "some.one")]
#[case(Platform::Instagram, "https://www.instagram.com/some.one/?hl=en", "some.one")]
#[case(Platform::Instagram, "IG: https://www.instagram.com/some.one/", "some.one")]
#[case(Platform::Instagram, "instagram.com/some.one", "some.one")]
#[case(Platform::TikTok, "@shop.com", "shop.com")]
#[case(Platform::TikTok, "https://www.tiktok.com/@some.one?_t=8p&_r=1", "some.one")]
#[case(Platform::YouTube, "channel/UCabcdefghijklmnopqrstuv", "UCabcdefghijklmnopqrstuv")]
#[case(Platform::YouTube, "c/SomeOne", "someone")]
#[case(Platform::YouTube, "%E3%83%8F%E3%82%A4", "ハイ")]
#[case(Platform::LinkedIn, "in/some-one", "some-one")]
#[case(Platform::YouTube, "someone\u{200D}?si=x/", "someone")]
fn a_username_is_read_as_people_write_it(#[case] platform: Platform, #[case] name: &str, #[case] id: &str) {
    let read = by_name(platform, name);
    assert!(matches!(&read, Ok(Link::Creator(creator)) if creator.id == id), "{name}: {read:?}");
}

#[rstest]
#[case("some one", "a space")]
#[case("some.one, some.two", "more than one name")]
#[case("#someone", "a hashtag")]
#[case("some.one@site.example", "an e-mail address")]
#[case("explore", "one of the platform's own words")]
#[case("a/b", "a slash")]
#[case("@", "empty")]
#[case("leo_p https://www.instagram.com/some.one", "another name beside the link")]
#[case("https://www.instagram.com/some.one @leo", "another name beside the link")]
#[case("some..one", "letters, dots or length")]
fn an_invalid_username_is_refused_with_its_reason(#[case] name: &str, #[case] says: &str) {
    let message = by_name(Platform::Instagram, name).unwrap_err().message(Wanted::Creator);
    assert!(message.contains("username") && message.contains(says) && message.contains("; send "), "{message}");
}

#[test]
fn a_link_in_place_of_a_username_must_be_a_creators_on_that_platform() {
    let read = |text| by_name(Platform::Instagram, text);
    let contradiction = LinkError::Contradiction { link: Platform::TikTok, named: Platform::Instagram };
    assert_eq!(read("https://www.tiktok.com/@some.one"), Err(contradiction));
    assert!(matches!(read("https://linktr.ee/some.one"), Err(LinkError::KnownSite { .. })));
    assert!(matches!(read("linktr.ee/some.one"), Err(LinkError::KnownSite { .. })));
}

#[rstest]
#[case::no_sites_ending("some.one1x", Some("some.one1x"))]
#[case::slash("some.onex/", Some("some.onex"))]
#[case::at("@some.com", Some("some.com"))]
#[case::a_site("some.com", None)]
#[case::a_known_site("linktr.ee", None)]
#[case::a_number("127.0.0.1", None)]
#[case::a_mail("some.one@site.example", None)]
#[case::a_path("some.onex/reels", None)]
fn a_name_with_a_dot_in_place_of_a_link_is_read_if_it_can_not_be_a_site(#[case] text: &str, #[case] id: Option<&str>) {
    let read = Creator::read(text, Some(Platform::Instagram));
    let read = read.ok().map(|link| match link {
        Link::Creator(creator) => creator.id,
        other => panic!("{other:?}"),
    });
    assert_eq!(read.as_deref(), id);
}

#[test]
fn a_live_rooms_page_is_read_as_its_creator_if_a_creator_is_wanted() {
    let link = "https://www.tiktok.com/@some.one/live";
    assert!(matches!(Creator::read(link, None), Ok(Link::Creator(creator)) if creator.id == "some.one"));
    assert_eq!(
        Post::read(link, None).unwrap_err().to_string(),
        "this is a TikTok live room of some.one; send the link of one post"
    );
}

#[test]
fn no_reserved_word_is_read_as_a_creator() {
    for (platform, word) in reserved::rows() {
        let prefix = if platform == Platform::LinkedIn { "in/" } else { "" };
        for word in [word.to_owned(), word.to_uppercase()] {
            let link = format!("https://www.{}/{prefix}{word}", platform.domain());
            let read = parse(&link, None);
            assert!(!matches!(read, Ok(Link::Creator(_))), "{link} {read:?}");
        }
    }
}
