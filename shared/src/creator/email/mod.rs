//! The e-mail address that a creator shows: from the platform's own fields, otherwise from the bio,
//! otherwise from the links.

mod belief;
mod business;
mod candidate;
mod chars;
mod disguise;
mod domain;
mod fold;
mod fonts;
mod glued;
mod hosts;
mod languages;
mod list;
mod nobody;
mod phrases;
mod scripts;
mod text;
mod token;
mod windows;
mod words;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use super::Profile;
use business::business_like;
use text::{address_in, emails_in};

/// An address, and the place where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The address.
    pub address: String,
    /// The place where it was found.
    pub source: EmailSource,
}

/// The places where an e-mail address is found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailSource {
    /// The address that the platform shows as the creator's.
    PublicEmail,
    /// The one that it shows for business.
    BusinessEmail,
    /// The creator's text about themselves.
    Bio,
    /// One of their links, as `mailto:`.
    Link,
}

/// The address to write to. If one place has several, the first one that looks like business.
#[must_use]
pub fn email_of(profile: &Profile) -> Option<Email> {
    EmailSource::iter().find_map(|source| {
        let mut texts = texts(profile, source);
        let address = match source {
            EmailSource::PublicEmail | EmailSource::BusinessEmail => texts.find_map(|text| address_in(&text)),
            EmailSource::Bio | EmailSource::Link => business_like(texts.flat_map(|text| emails_in(&text))),
        };
        address.map(|address| Email { address, source })
    })
}

fn texts(profile: &Profile, source: EmailSource) -> impl Iterator<Item = Cow<'_, str>> {
    let bio = profile.bio.as_deref().filter(|_| source == EmailSource::Bio);
    let contacts = profile.contacts.iter().filter(move |contact| contact.source == source);
    let contacts = contacts.map(|contact| contact.text.as_str()).filter_map(move |text| match source {
        EmailSource::Link => mail_link(text),
        _ => Some(text.into()),
    });
    bio.map(Cow::from).into_iter().chain(contacts)
}

/// The address in a mail link, decoded. A web address may contain an @ of its own.
fn mail_link(text: &str) -> Option<Cow<'_, str>> {
    let is_mail = text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    is_mail.then(|| percent_decode_str(text).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::super::Contact;
    use super::*;

    fn found(bio: &str, contacts: &[(EmailSource, &str)]) -> Option<(String, EmailSource)> {
        let contacts = contacts.iter().map(|(source, text)| Contact { source: *source, text: (*text).to_owned() });
        let profile = Profile { bio: Some(bio.to_owned()), contacts: contacts.collect(), ..Profile::default() };
        email_of(&profile).map(|email| (email.address, email.source))
    }

    #[test]
    fn the_platforms_fields_come_before_the_bio_and_the_bio_before_links() {
        let public = (EmailSource::PublicEmail, "public@jane.com");
        let business = (EmailSource::BusinessEmail, "business@jane.com");
        let link = (EmailSource::Link, "mailto:link@jane.com");
        for (bio, contacts, expected) in [
            ("bio@jane.com", &[link, business, public][..], ("public@jane.com", EmailSource::PublicEmail)),
            ("bio@jane.com", &[link, business], ("business@jane.com", EmailSource::BusinessEmail)),
            ("bio@jane.com", &[link], ("bio@jane.com", EmailSource::Bio)),
            ("Bio", &[link], ("link@jane.com", EmailSource::Link)),
        ] {
            assert_eq!(found(bio, contacts), Some((expected.0.to_owned(), expected.1)));
        }
    }

    #[test]
    fn a_link_counts_only_for_mail_and_is_decoded() {
        for (link, expected) in [
            ("mailto:hello%40jane.com", Some("hello@jane.com")),
            ("MAILTO:%20hello@jane.com?subject=Hello%20Jane", Some("hello@jane.com")),
            ("https://medium.com/hello@jane.com", None),
            ("hello@jane.com", None),
        ] {
            assert_eq!(found("Bio", &[(EmailSource::Link, link)]).map(|(address, _)| address).as_deref(), expected);
        }
    }

    #[test]
    fn the_business_link_is_preferred_to_other_links() {
        let links = ["mailto:jane@gmail.com", "mailto:business@jane.com"].map(|link| (EmailSource::Link, link));
        assert_eq!(found("Bio", &links).unwrap().0, "business@jane.com");
    }
}
