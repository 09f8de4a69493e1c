//! Slips: links with typing errors, links joined to other text, and links with missing or extra
//! characters at their ends.

use rstest::rstest;

use super::tests::shown;
use super::*;

#[rstest]
#[case::lost_letter("htps://x.com/a/status/20")]
#[case::lost_first_letter("ttps://x.com/a/status/20")]
#[case::doubled_letter("htttps://x.com/a/status/20")]
#[case::capitals("Htttps://x.com/a/status/20")]
#[case::no_colon("https//x.com/a/status/20")]
#[case::dot("see http.//x.com/a/status/20")]
#[case::a_blank("https ://x.com/a/status/20")]
#[case::two_slips("hhtps://x.com/a/status/20")]
#[case::beside_a_whole_one("ttps://x.com/a/status/20 https://x.com/a/status/21")]
fn a_link_with_a_mistyped_scheme_is_refused_as_that(#[case] text: &str) {
    assert_eq!(parse(text, None), Err(LinkError::MistypedScheme));
}

#[rstest]
#[case::one_slash("https:/x.com/a/status/20", "post 20")]
#[case::beside_the_same("ttps://x.com/a/status/20 https://x.com/a/status/20", "post 20")]
#[case::a_comma_in_the_host("https://www.youtube,com/watch?v=dQw4w9WgXcQ", "link with a comma in its host")]
fn other_typing_errors_at_the_beginning_are_corrected_or_named(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected);
}

#[rstest]
#[case("htps://site.example/x.com/a/status/20")]
#[case("ftps://x.com/a/status/20")]
#[case("httpx://x.com/a/status/20")]
#[case("site.example/https//x.com/a/status/20")]
#[case("site.example/?u=htps://x.com/a/status/20")]
fn another_scheme_and_another_site_are_not_corrected(#[case] text: &str) {
    assert!(parse(text, None).is_err(), "{:?}", parse(text, None));
}

#[rstest]
#[case::comma("https://www.tiktok.com/@a/video/7106594312292453675,7206594312292453675")]
#[case::semicolon("https://x.com/a/status/1234567890123456789;1334567890123456789")]
#[case::bar("https://x.com/a/status/1234567890123456789|1334567890123456789")]
#[case::blank("https://x.com/a/status/1234567890123456789 1334567890123456789")]
#[case::code("https://www.instagram.com/p/CzXyZ12AbCd,DzXyZxyAbCd")]
#[case::code_and_slash("https://www.instagram.com/p/CzXyZ12AbCd/, DzXyZ12AbCd")]
#[case::in_a_query("https://www.youtube.com/watch?v=dQw4w9WgXcQ;aQw4w9WgXcQ")]
#[case::behind_a_short_host("youtu.be/dQw4w9WgXcQ,aQw4w9WgXcQ")]
#[case::names("https://www.tiktok.com/@some.one,@some.two")]
#[case::names_and_a_sign("https://www.instagram.com/some.one&some.two")]
#[case::names_and_a_bar("https://www.youtube.com/@someone|@sometwo")]
#[case::the_same_parameter_twice("https://www.youtube.com/watch?v=dQw4w9WgXcQ&v=aQw4w9WgXcQ")]
fn a_link_with_two_joined_ids_or_names_is_refused(#[case] text: &str) {
    assert!(parse(text, None).is_err(), "{:?}", parse(text, None));
}

#[rstest]
#[case::the_same_id("https://x.com/a/status/1234567890123456789,1234567890123456789", "post 1234567890123456789")]
#[case::a_word("https://youtu.be/dQw4w9WgXcQ, description", "post dQw4w9WgXcQ")]
#[case::views("https://youtu.be/dQw4w9WgXcQ 1500000", "post dQw4w9WgXcQ")]
#[case::a_lost_question_mark("https://www.instagram.com/some.one&igsh=abc", "creator handle some.one")]
#[case::the_same_value_twice("https://www.youtube.com/watch?v=dQw4w9WgXcQ&v=dQw4w9WgXcQ", "post dQw4w9WgXcQ")]
fn other_words_after_a_link_are_not_a_second_id(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected);
}

#[rstest]
#[case::a_token("https://lnkd.in/eAb CdEf")]
#[case::a_token_of_x("https://t.co/AbCdEf 1234")]
#[case::a_name_behind_a_dot("https://www.instagram.com/some. one/")]
fn a_blank_within_a_token_or_after_a_dot_never_shortens_it(#[case] text: &str) {
    let refused = parse(text, None);
    assert!(refused.as_ref().is_err_and(LinkError::is_broken), "{refused:?}");
}

#[rstest]
#[case::italics("_https://www.youtube.com/watch?v=dQw4w9WgXcQ_", "post dQw4w9WgXcQ")]
#[case::bold("__https://x.com/a/status/20__", "post 20")]
#[case::struck("~~https://x.com/a/status/20~~", "post 20")]
#[case::its_own_underscore("_https://www.instagram.com/some_one__", "creator handle some_one_")]
#[case::its_own_alone("https://www.instagram.com/some_one_", "creator handle some_one_")]
fn markup_around_a_link_is_not_part_of_it(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected);
}

#[rstest]
#[case::of_tiktok(
    r#"<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@some.one/video/7106594312292453675"><section>
       <a title="@some.one" href="https://www.tiktok.com/@some.one?refer=embed">@some.one</a> a
       <a title="dance" href="https://www.tiktok.com/tag/dance?refer=embed">#dance</a></section></blockquote>
       <script async src="https://www.tiktok.com/embed.js"></script>"#,
    "post 7106594312292453675"
)]
#[case::of_x(
    r#"<blockquote class="twitter-tweet"><p>Look <a href="https://twitter.com/hashtag/dance?src=hash">#dance</a>
       <a href="https://t.co/AbCdEf1234">pic.twitter.com/AbCdEf1234</a></p>&mdash; Some One (@some_one)
       <a href="https://twitter.com/some_one/status/1234567890123456789?ref_src=twsrc%5Etfw">June 3</a></blockquote>"#,
    "post 1234567890123456789"
)]
#[case::of_xs_app(
    "Some One (@some_one) posted at 3:04 PM on Mon, Jun 03: Look! https://t.co/AbCdEf1234 \
     (https://x.com/some_one/status/1234567890123456789?t=AbC&s=03)",
    "post 1234567890123456789"
)]
#[case::escaped(
    "&lt;blockquote class=&quot;tiktok-embed&quot; cite=&quot;https://www.tiktok.com/@a/video/7106594312292453675&quot;&gt;\
     &lt;a href=&quot;https://www.tiktok.com/@a&quot;&gt;",
    "post 7106594312292453675"
)]
fn the_code_for_embedding_a_post_is_that_post(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected);
}

#[test]
fn the_code_for_embedding_two_posts_is_refused() {
    let embed = |id| {
        format!(r#"<blockquote class="twitter-tweet"><a href="https://x.com/a/status/{id}">June</a></blockquote>"#)
    };
    assert!(matches!(parse(&[embed(20), embed(21)].concat(), None), Err(LinkError::TwoLinks(..))));
}

#[rstest]
#[case(Platform::YouTube, "-", "no letter")]
#[case(Platform::YouTube, "_", "no letter")]
#[case(Platform::YouTube, "\u{b7}", "no letter")]
#[case(Platform::LinkedIn, "--", "no letter")]
#[case(Platform::Facebook, "-", "no letter")]
#[case(Platform::YouTube, "\u{1d4f3}\u{1d4ea}\u{1d4f7}\u{1d4ee}", "a fancy font")]
#[case(Platform::LinkedIn, "\u{ff4a}\u{ff41}", "a fancy font")]
#[case(Platform::TikTok, "\u{1d0a}\u{1d00}\u{274}\u{1d07}", "a fancy font")]
#[case(Platform::TikTok, "\u{24d9}ane", "a fancy font")]
#[case(Platform::TikTok, "j\u{430}ne", "another alphabet")]
#[case(Platform::YouTube, "UCabcdefghijklmnopqrs1", "a channel's id")]
#[case(Platform::YouTube, "UCabcdefghijklmnopqrst12v", "a channel's id")]
#[case(Platform::YouTube, "@ucabcdefghijklmnopqrst12", "a channel's id")]
fn signs_fonts_and_broken_ids_are_not_usernames(#[case] platform: Platform, #[case] name: &str, #[case] says: &str) {
    let message = by_name(platform, name).unwrap_err().message(Wanted::Creator);
    assert!(message.contains("username") && message.contains(says), "{message}");
}

#[rstest]
#[case(Platform::Instagram, "_")]
#[case(Platform::YouTube, "ucberkeley")]
#[case(Platform::YouTube, "pro100\u{432}\u{43b}\u{430}\u{434}tv")]
#[case(Platform::TikTok, "j\u{e4}ne")]
#[case(Platform::YouTube, "universityofcaliforniatv1")]
#[case(Platform::YouTube, "\u{30cf}\u{30a4}")]
#[case(Platform::YouTube, "\u{ff8a}\u{ff72}")]
fn names_that_resemble_broken_ids_are_read(#[case] platform: Platform, #[case] name: &str) {
    assert!(by_name(platform, name).is_ok(), "{:?}", by_name(platform, name));
}
