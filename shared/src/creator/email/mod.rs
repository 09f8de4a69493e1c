//! The e-mail address that a creator shows: in the platform's own fields, else in what they say of themselves, else among their links.

mod text;

use serde::{Deserialize, Serialize};

use super::Profile;
use text::{business_like, emails_in};

/// An address, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// The address.
    pub address: String,
    /// Where it was found.
    pub source: EmailSource,
}

/// Where an e-mail address is found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum EmailSource {
    /// The address that the platform shows as the creator's.
    PublicEmail,
    /// The one that it shows for business.
    BusinessEmail,
    /// What the creator says of themselves.
    Bio,
    /// One of their links, as `mailto:`.
    Link,
}

/// The address to write to; of several in one place the first that looks like business.
#[must_use]
pub fn email_of(profile: &Profile) -> Option<Email> {
    use strum::IntoEnumIterator;
    EmailSource::iter().find_map(|source| {
        let emails = texts(profile, source).flat_map(emails_in).collect();
        business_like(emails).map(|address| Email { address, source })
    })
}

fn texts(profile: &Profile, source: EmailSource) -> impl Iterator<Item = &str> {
    let bio = profile.bio.as_deref().filter(|_| source == EmailSource::Bio);
    let contacts = profile.contacts.iter().filter(move |contact| contact.source == source);
    // A web address may hold an @ of its own.
    let is_address = move |text: &&str| source != EmailSource::Link || text.starts_with("mailto:");
    bio.into_iter().chain(contacts.map(|contact| contact.text.as_str())).filter(is_address)
}
