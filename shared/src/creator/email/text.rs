//! Finds the e-mail addresses in a text.
//!
//! A bio is read in steps. `crate::escapes` undoes the escapes of an export; `windows` leaves out
//! parts without an address. `fonts` and `fold` make fancy letters plain, replace emoji and most
//! signs by breaks, and leave out links. `glued` separates two addresses; `disguise` writes
//! disguised ones plainly, if `belief` accepts them. linkify finds the beginning and end of an
//! address; `candidate` finds the part that a person would read; `business` looks for signs of
//! business. The result must be a valid address: its `domain` must be under a known public suffix,
//! and `hosts` must allow its name, which must not be a placeholder of `nobody`.
//!
//! If it is unclear, the shorter reading is used, and no address rather than a wrong one.

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use linkify::{LinkFinder, LinkKind};

use super::business::{Found, sign_of};
use super::candidate::{can_be, email_in};
use super::chars::unstyled;
use super::disguise::plainly;
use super::domain::known;
use super::fold::fold;
use super::fonts::without_fonts;
use super::glued::parted;
use super::windows::windows;
use crate::escapes::{Backslashes, lost_backslashes_undone, mail_links_decoded};

const BACKSLASHES: Backslashes = Backslashes { plain: "_*@[](){}<>`~|!#/\"", together: ".+-", are_breaks: |_| true };

/// Nobody gives more; a longer list is an attack or a mistake.
const MAX_EMAILS: usize = 20;

/// The e-mail addresses that a person would read in a text, in their order: each once, in lower
/// case, at most 20.
///
/// An internationalised domain stays as it is written, in Unicode or in punycode.
pub fn emails_in(text: &str) -> Vec<Found> {
    let text = BACKSLASHES.undone(text);
    let text = mail_links_decoded(&text);
    let text = lost_backslashes_undone(&text);
    let mut emails = Vec::new();
    for window in windows(&text) {
        read_window(window, &mut emails);
    }
    emails
}

/// Appends the addresses in a part of a text.
fn read_window(text: &str, emails: &mut Vec<Found>) {
    let text = fold(&without_fonts(text));
    let text = plainly(&parted(&text));
    let ascii = ascii_of_same_length(&text);
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Email]);
    let mut end_of_last = 0;
    for link in finder.links(&ascii) {
        if emails.len() == MAX_EMAILS {
            break;
        }
        let Some((skipped, address)) = email_in(&text[..link.start()], &text[link.start()..link.end()]) else {
            continue;
        };
        let between = &text[end_of_last..link.start() + skipped.len()];
        let sign = sign_of(&address, between, end_of_last == 0);
        end_of_last = link.end();
        if let Some(same) = emails.iter_mut().find(|email| email.address == address) {
            same.sign = same.sign.min(sign);
        } else {
            emails.push(Found { address, sign });
        }
    }
}

/// A string of the same length in ASCII, because linkify doesn't know the suffixes in other
/// scripts.
fn ascii_of_same_length(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let ascii = text.bytes().map(|byte| if byte.is_ascii() { byte } else { b'x' });
    String::from_utf8_lossy(&ascii.collect::<Vec<u8>>()).into_owned().into()
}

/// The address in a field that contains nothing else, in lower case: the whole string if it is an
/// address, otherwise the first address that a person would read in it.
pub fn address_in(text: &str) -> Option<String> {
    whole_address(text).or_else(|| emails_in(text).into_iter().next().map(|found| found.address))
}

fn whole_address(text: &str) -> Option<String> {
    let text = text.trim();
    let link = text.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"));
    // A link is percent-encoded.
    if link.is_some_and(|(_, address)| address.contains('%')) {
        return None;
    }
    let address = link.map_or(text, |(_, address)| address.trim_start_matches('/').trim_start()).to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let labels: Vec<&str> = domain.split('.').collect();
    let is_plain = address.chars().all(|c| unstyled(c) == Some(c));
    let options = Options::default().without_display_text().without_domain_literal();
    let is_valid = is_plain
        && known(&labels).is_some()
        && can_be(local, domain)
        && EmailAddress::parse_with_options(&address, options).is_ok();
    is_valid.then_some(address)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use psl::{List, Psl};

    use super::super::chars::is_border;
    use super::super::fold::BREAK;
    use super::super::fonts::look_alikes;
    use super::super::scripts::is_of_other_script;
    use super::*;

    /// A bio, and the addresses that a person reads in it.
    static BIOS: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(|| {
        let by_kind: BTreeMap<String, Vec<_>> = serde_json::from_str(include_str!("bios.json")).unwrap();
        by_kind.into_values().flatten().collect()
    });

    fn addresses_in(text: &str) -> Vec<String> {
        emails_in(text).into_iter().map(|found| found.address).collect()
    }

    #[test]
    fn every_bio_is_read_as_the_table_says() {
        let read: Vec<_> = BIOS.iter().map(|(bio, _)| addresses_in(bio)).collect();
        let wrong: Vec<_> = BIOS.iter().zip(&read).filter(|((_, expected), read)| *read != expected).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn an_address_is_read_back_unchanged() {
        for email in BIOS.iter().flat_map(|(_, emails)| emails) {
            assert_eq!(addresses_in(email), [email.as_str()]);
        }
    }

    #[test]
    fn all_bios_joined_into_one_are_read_line_by_line() {
        for bios in BIOS.chunks(10) {
            let text: Vec<_> = bios.iter().map(|(bio, _)| bio.as_str()).collect();
            let mut expected: Vec<&str> = Vec::new();
            for email in bios.iter().flat_map(|(_, emails)| emails) {
                if !expected.contains(&email.as_str()) {
                    expected.push(email);
                }
            }
            expected.truncate(MAX_EMAILS);
            assert_eq!(addresses_in(&text.join("\n")), expected, "{text:#?}");
        }
    }

    #[test]
    fn the_list_is_bounded() {
        let text: Vec<_> = (0..1000).map(|number| format!("name{number}@gmail.com")).collect();
        let text = text.join(", ");
        assert_eq!(addresses_in(&text).len(), MAX_EMAILS);
        assert_eq!(addresses_in(&text)[19], "name19@gmail.com");
    }

    #[test]
    fn a_long_text_is_read_to_its_end() {
        let fillers = "\
            a|@|.|a.|a@|@a|a@b.|a@b.zzq | at |a at b dot |ab @ c . d . |a (at) b.com |a(dot)|(|\
            ( |/|b.co/|日|a@b.co。|://|%|5@6.am&|id-5@6.am&|id-|a . |a . b @ c . zzq ";
        for filler in fillers.split('|') {
            let text = filler.repeat(100_000 / filler.len());
            let before = addresses_in(&text);
            let text = format!("{text}\n\u{1F4E7} jane.doe@gmail.com");
            let after = addresses_in(&text);
            assert!(
                before.len() == MAX_EMAILS || after.last().is_some_and(|last| last == "jane.doe@gmail.com"),
                "{filler}"
            );
        }
    }

    #[test]
    fn a_field_is_read_as_a_whole_if_it_can_be() {
        for (text, expected) in [
            ("", None),
            ("none", None),
            ("jane@localhost", None),
            (" Jane.Doe@Gmail.com\n", Some("jane.doe@gmail.com")),
            ("mailto:jane@doe.com", Some("jane@doe.com")),
            ("MAILTO:Email-jane@doe.com", Some("email-jane@doe.com")),
            ("mailto://jane@doe.com", Some("jane@doe.com")),
            ("mailto:jane@doe.com?subject=hello", Some("jane@doe.com")),
            ("mailto:%20jane@doe.com", Some("jane@doe.com")),
            ("Email-jane@doe.com", Some("email-jane@doe.com")),
            ("#jane@doe.com", Some("#jane@doe.com")),
            ("-jane@doe.com", Some("-jane@doe.com")),
            ("www.jane@doe.com", Some("www.jane@doe.com")),
            ("josé@doe.com", Some("josé@doe.com")),
            ("josé@gmail.com", None),
            ("jane_doe@gmail.com", None),
            ("jane@doe.com.DM", Some("jane@doe.com.dm")),
            ("jane@doe.co.Uk", Some("jane@doe.co.uk")),
            // The string itself isn't an address.
            ("jane@doe.com.", Some("jane@doe.com")),
            ("jane@doe.com, joe@doe.com", Some("jane@doe.com")),
            ("Jane Doe <jane@doe.com>", Some("jane@doe.com")),
            ("📧jane@doe.com", Some("jane@doe.com")),
            ("jane\u{200B}@doe.com", Some("jane@doe.com")),
            ("ｊａｎｅ@doe.com", Some("jane@doe.com")),
            ("o’connor@doe.ie", Some("o'connor@doe.ie")),
            ("jane (at) doe.com", Some("jane@doe.com")),
            ("Email: jane@doe.com", Some("jane@doe.com")),
        ] {
            assert_eq!(address_in(text).as_deref(), expected, "{text}");
        }
    }

    fn assert_mailable(text: &str) {
        for email in addresses_in(text).into_iter().chain(address_in(text)) {
            assert!(EmailAddress::is_valid(&email), "{email}");
            assert_eq!(email, email.to_lowercase());
            let domain = email.rsplit_once('@').unwrap().1;
            assert!(List.suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known()), "{email}");
            assert!(domain.contains('.'), "{email}");
        }
    }

    const PARTS: &str = "\
        name Jane at AT dot DOT @ @ . . ( ) [at] (dot) gmail com Co uk co me 日本 。 é рф почта - _ ' & % $ / : :// 📧 \
        1\u{FE0F}\u{20E3} \u{200B} İ ＣＯＭ 𝗰𝗼𝗺 xn--p1ai www. 2x underscore ’ ʚ ⓐ 💼 ª Email: id-";
    const SUFFIXES: &str = "com co.uk de agency com.br photography рф xn--p1ai みんな";
    /// Separated by tildes.
    const AROUND: &str = " ~\n~|~📧~: ~:~, ~\t~•~(~)~<~>~\"~…~...~、~／~👉🏽~…🌸~ 👩\u{200D}💻~!~?~=~|~/~“~«~》";

    /// Whether it belongs to a word that it touches. "º" doesn't, because it also stands alone, and
    /// letters of scripts that need no space before an address don't either.
    fn is_part_of_word(c: char) -> bool {
        let plain = unstyled(c);
        !matches!(c, 'ª' | 'º') && plain.is_some_and(char::is_alphanumeric) && !is_of_other_script(c)
    }

    fn one_of(words: &'static str) -> impl Strategy<Value = &'static str> {
        prop::sample::select(words.split(' ').collect::<Vec<_>>())
    }

    fn part() -> impl Strategy<Value = &'static str> {
        prop_oneof![4 => one_of(PARTS), 1 => Just(" "), 1 => Just("\n")]
    }

    proptest! {
        #[test]
        fn any_text_gives_only_addresses_to_mail_to(text in any::<String>()) {
            assert_mailable(&text);
        }

        #[test]
        fn parts_of_addresses_give_only_addresses_to_mail_to(parts in prop::collection::vec(part(), 0..40)) {
            assert_mailable(&parts.concat());
        }

        #[test]
        fn any_plain_address_is_found(
            local in "[a-z][a-z0-9]{1,10}([._-][a-z0-9]{1,8})?",
            name in "[a-z]{3,12}x",
            suffix in one_of(SUFFIXES),
            around in prop::sample::select(AROUND.split('~').collect::<Vec<_>>()),
        ) {
            let email = format!("{local}@{name}.{suffix}");
            prop_assert_eq!(addresses_in(&format!("Bio{around}{email}{around}More")), [email]);
        }

        #[test]
        fn a_letter_or_number_glued_before_never_leaves_a_tail(
            glued in any::<char>().prop_filter("a word's", |c| is_part_of_word(*c)),
            name in "[a-z]{6,10}[0-9]{0,2}",
        ) {
            let email = format!("{name}@gmail.com");
            let found = addresses_in(&format!("\u{1F4E7} {glued}{email}"));
            prop_assert!(!found.contains(&email), "{glued:?} {found:?}");
        }

        #[test]
        fn a_letter_of_a_font_never_leaves_a_tail(
            glued in prop::sample::select(look_alikes().collect::<Vec<_>>()),
            before in "[a-z]{0,2}",
            name in "[a-z]{6,10}",
        ) {
            let email = format!("{name}@doe.com");
            let found = addresses_in(&format!("{before}{glued}{email}"));
            prop_assert!(!found.contains(&email), "{glued:?} {found:?}");
        }

        #[test]
        fn a_sign_or_emoji_in_a_name_never_leaves_a_tail(
            sign in prop_oneof![
                any::<char>().prop_filter("a sign", |c| !c.is_alphanumeric() && unstyled(*c) == Some(BREAK) && !is_border(*c)),
                prop::sample::select("#*~^–—™®°❤⭐🌸🅰🔥💕".chars().collect::<Vec<_>>()),
            ],
            first in "[a-z]{2,6}",
            rest in "[a-z]{2,6}[0-9]{0,2}",
        ) {
            let found = addresses_in(&format!("Mail: {first}{sign}{rest}@doe.com"));
            prop_assert!(found.is_empty(), "{sign:?} {found:?}");
        }

        #[test]
        fn windows_change_nothing(parts in prop::collection::vec(part(), 0..60)) {
            let text = parts.concat();
            let mut whole = Vec::new();
            read_window(&text, &mut whole);
            let whole: Vec<_> = whole.into_iter().map(|found| found.address).collect();
            prop_assert_eq!(addresses_in(&text), whole);
        }
    }
}
