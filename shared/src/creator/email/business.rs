//! Chooses the business address among several addresses.

use super::chars::is_atom;
use super::fold::{BREAK, LINE_END};
use super::words::{
    BUSINESS_LABEL_PARTS, BUSINESS_LABEL_WORDS, BUSINESS_PARTS, BUSINESS_WORDS, CONTACT_PARTS, PLAIN_SUFFIXES,
    is_mail_word,
};

/// In characters. A label farther away from an address isn't about it.
const MAX_LABEL_LENGTH: usize = 40;

/// An address found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address, in lower case.
    pub address: String,
    /// The sign that it is for business.
    pub sign: Sign,
}

/// A sign that an address is for business, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// A label before it: "Business:".
    Label,
    /// A word in it.
    Word,
    /// A weak label before it: "Contact:".
    ContactLabel,
    None,
}

/// The address that is most likely for business; the first one if no address has a sign.
pub fn business_like(found: impl Iterator<Item = Found>) -> Option<String> {
    found.min_by_key(|found| found.sign).map(|found| found.address)
}

/// The sign that an address is for business. `between` is the folded text after the previous
/// address, or from the beginning for the first one.
pub fn sign_of(address: &str, between: &str, is_first: bool) -> Sign {
    let label = label_in(between, is_first).to_lowercase();
    if BUSINESS_PARTS.are_in(&label) || BUSINESS_LABEL_PARTS.are_in(&label) || BUSINESS_LABEL_WORDS.are_in(&label) {
        Sign::Label
    } else if is_for_business(address) {
        Sign::Word
    } else if CONTACT_PARTS.are_in(&label) {
        Sign::ContactLabel
    } else {
        Sign::None
    }
}

/// The text before an address on its line; if that is empty, the last line before it that isn't
/// blank.
fn label_in(between: &str, is_first: bool) -> &str {
    let own = if is_first { between } else { without_remark(between) };
    let label = own.rsplit(LINE_END).find(|line| says_something(line)).unwrap_or_default();
    let start = label.char_indices().rev().nth(MAX_LABEL_LENGTH - 1).map_or(0, |(start, _)| start);
    &label[start..]
}

/// Removes remarks about the previous address: the rest of its line, or "(business)", "for
/// business,".
fn without_remark(between: &str) -> &str {
    if let Some((_, rest)) = between.split_once(LINE_END) {
        return rest;
    }
    let text = between.trim_start_matches(' ');
    let is_remark = text.starts_with('(') || text.starts_with("for ");
    let after = text.split_once([')', BREAK]).map(|(_, rest)| rest);
    if is_remark { after.unwrap_or(text) } else { text }
}

/// Whether the line does more than announce an address.
fn says_something(line: &str) -> bool {
    line.split(|c| !is_atom(c)).any(|word| word.contains(char::is_alphabetic) && !is_mail_word(word))
}

fn is_for_business(email: &str) -> bool {
    let words =
        email.rsplit_once('.').map_or(email, |(rest, last)| if PLAIN_SUFFIXES.has(last) { rest } else { email });
    BUSINESS_WORDS.are_in(words) || BUSINESS_PARTS.are_in(words) || CONTACT_PARTS.are_in(words)
}

#[cfg(test)]
mod tests {
    use super::super::text::emails_in;
    use super::*;

    #[test]
    fn the_business_address_is_preferred() {
        for (text, expected) in [
            ("", None),
            ("jane@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com doe@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com business@janedoe.com", Some("business@janedoe.com")),
            ("jane@gmail.com janedoebusiness@gmail.com", Some("janedoebusiness@gmail.com")),
            ("jane@gmail.com hello@jane.de info@jane.de", Some("hello@jane.de")),
            ("jane@gmail.com jane.pr@gmail.com", Some("jane.pr@gmail.com")),
            ("jane@gmail.com priya@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com bookings2024@gmail.com", Some("bookings2024@gmail.com")),
            ("jane@gmail.com jane+collab@gmail.com", Some("jane+collab@gmail.com")),
            ("jane@gmail.com jane@stars.agency", Some("jane@stars.agency")),
            ("jane@gmail.com jane@stars-management.co.uk", Some("jane@stars-management.co.uk")),
            ("jane@gmail.com jane@doe.info jane@doe.biz", Some("jane@doe.biz")),
            ("jane@gmail.com jane@doe.pr", Some("jane@gmail.com")),
            ("jane@gmail.com express@gmail.com teamster@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com sponsorships@jane.tv", Some("sponsorships@jane.tv")),
            ("jane@gmail.com JaneEnquiries@jane.tv", Some("janeenquiries@jane.tv")),
            ("jane@gmail.com workwithjane@gmail.com", Some("workwithjane@gmail.com")),
            ("jane@gmail.com janebiz@gmail.com", Some("janebiz@gmail.com")),
            ("jane@gmail.com janeugc@gmail.com", Some("janeugc@gmail.com")),
            ("jane@gmail.com janecontacto@gmail.com", Some("janecontacto@gmail.com")),
            ("jane@gmail.com kontakt@jane.pl", Some("kontakt@jane.pl")),
            ("jane@gmail.com parcerias.jane@gmail.com", Some("parcerias.jane@gmail.com")),
            ("jane@gmail.com jane@box-office.com", Some("jane@box-office.com")),
            ("jane@gmail.com officer@gmail.com salesman@gmail.com", Some("jane@gmail.com")),
        ] {
            assert_eq!(business_like(emails_in(text).into_iter()).as_deref(), expected);
        }
    }

    #[test]
    fn words_before_an_address_count_more_than_the_address() {
        for (text, expected) in [
            ("Personal: joe@gmail.com\nBusiness: joe@nightmedia.co", "joe@nightmedia.co"),
            ("fans: joe@gmail.com, mgmt: kim@wmeagency.com", "kim@wmeagency.com"),
            ("fans: joe@gmail.com, mgmt: kim@wme.com", "kim@wme.com"),
            ("Orders: contact@joeshop.com\nBusiness inquiries: joe.smith@gmail.com", "joe.smith@gmail.com"),
            ("joe@gmail.com | 💼 kim@wme.com", "kim@wme.com"),
            ("💌 joe@gmail.com 💼kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com, PR kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nBusiness\n📧 kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nFor collabs 👇\n\nE-Mail: kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nNegocios: kim [at] wme (dot) com", "kim@wme.com"),
            ("joe@gmail.com\nParcerias comerciais: kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nKooperationsanfragen: kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nPartenariats: kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nСотрудничество: kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nПо рекламе kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\n협찬/협업 kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com\nお仕事の依頼はkim@wme.comまで", "kim@wme.com"),
            ("joe@gmail.com 商务合作：kim@wme.com", "kim@wme.com"),
            ("joe@gmail.com collab-kim@gmail.com", "kim@gmail.com"),
            // A sign in the address has priority over a weak sign.
            ("joe@gmail.com, contact: kim@wme.com", "kim@wme.com"),
            ("contact: joe@gmail.com, bookings@joe.com", "bookings@joe.com"),
            ("info@joe.com, booking: kim@wme.com", "kim@wme.com"),
            // Both labels of an address that occurs twice count.
            ("joe@gmail.com kim@wme.com\nBusiness: kim@wme.com", "kim@wme.com"),
            // No sign: a remark about the previous address, a label too far away, another word.
            ("kim@wme.com for business, joe@gmail.com for fans", "kim@wme.com"),
            ("kim@wme.com (business), joe@gmail.com (fans)", "kim@wme.com"),
            ("kim@wme.com - business\njoe@gmail.com - fans", "kim@wme.com"),
            ("kim@wme.com Business\n\njoe@gmail.com", "kim@wme.com"),
            ("kim@wme.com\nBusiness owner, mother of two, and a very happy one joe@gmail.com", "kim@wme.com"),
            ("kim@wme.com\nBrand strategist\nFans: joe@gmail.com", "kim@wme.com"),
            ("kim@wme.com products: joe@gmail.com", "kim@wme.com"),
            ("kim@wme.com workout plans: joe@gmail.com", "kim@wme.com"),
        ] {
            assert_eq!(business_like(emails_in(text).into_iter()).as_deref(), Some(expected), "{text}");
        }
    }
}
