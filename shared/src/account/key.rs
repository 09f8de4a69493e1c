//! API keys: `ct_live_` or `ct_test_`, then 10 characters of account id, 30 of secret, 6 of
//! checksum.
//!
//! The checksum (CRC-32 of all characters before it) shows a mistyped key without a database call.
//! DynamoDB stores the SHA-256 of the whole key, prefix included: 178 random bits need no slower
//! hash, and nobody can turn a test key into a live one.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::base62;

const ACCOUNT_ID_LENGTH: usize = 10;
const SECRET_LENGTH: usize = 30;
const CHECKSUM_LENGTH: usize = 6;

/// The source of a key's data: the upstream providers or the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// Real numbers, at a price.
    Live,
    /// Made-up, deterministic numbers, for free.
    Test,
}

impl Mode {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "ct_live_",
            Self::Test => "ct_test_",
        }
    }
}

/// A customer's account: 10 base62 characters, part of each of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountId(String);

/// The demo account.
const DEMO_ACCOUNT: &str = "0000000000";
/// The secret of public keys.
const PUBLIC_SECRET: &str = "000000000000000000000000000000";

/// The string isn't an account id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account id is 10 letters and digits")]
pub struct ParseAccountIdError;

impl AccountId {
    /// A new, random id.
    #[must_use]
    pub fn random() -> Self {
        Self(base62::random(ACCOUNT_ID_LENGTH))
    }

    /// The account that only the local server makes and accepts.
    #[must_use]
    pub fn demo() -> Self {
        Self(DEMO_ACCOUNT.to_owned())
    }

    /// Whether it is the demo account.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0 == DEMO_ACCOUNT
    }

    /// The id as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for AccountId {
    type Err = ParseAccountIdError;

    fn from_str(text: &str) -> Result<Self, ParseAccountIdError> {
        if text.len() == ACCOUNT_ID_LENGTH && base62::is_base62(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseAccountIdError)
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A well-formed API key. It is shown only once, when it is created, and is in no log.
#[derive(Clone, Debug)]
pub struct ApiKey {
    mode: Mode,
    account: AccountId,
    hash: [u8; 32],
    text: SecretString,
}

/// The string isn't one of our keys: its form or its checksum is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed API key")]
pub struct ParseKeyError;

impl ApiKey {
    /// A new, random key of `account`.
    #[must_use]
    pub fn generate(mode: Mode, account: &AccountId) -> Self {
        Self::with_secret(mode, account, &base62::random(SECRET_LENGTH))
    }

    /// The public key of this mode. The test key works in the sandbox, without an account. The live
    /// key was the demo account's key in the past, and is refused.
    #[must_use]
    pub fn public(mode: Mode) -> Self {
        Self::with_secret(mode, &AccountId::demo(), PUBLIC_SECRET)
    }

    /// Whether it is a public key.
    #[must_use]
    pub fn is_public(&self) -> bool {
        let secret = self.text.expose_secret().get(self.mode.prefix().len() + ACCOUNT_ID_LENGTH..);
        self.account.is_demo() && secret.is_some_and(|secret| secret.starts_with(PUBLIC_SECRET))
    }

    fn with_secret(mode: Mode, account: &AccountId, secret: &str) -> Self {
        let body = format!("{}{account}{secret}", mode.prefix());
        let checksum = base62::six(crc32fast::hash(body.as_bytes()));
        Self::new(mode, account.clone(), format!("{body}{checksum}"))
    }

    /// Reads a key from a request.
    ///
    /// # Errors
    /// If its form or its checksum is wrong.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        let mode =
            [Mode::Live, Mode::Test].into_iter().find(|mode| text.starts_with(mode.prefix())).ok_or(ParseKeyError)?;
        let rest = &text[mode.prefix().len()..];
        if rest.len() != ACCOUNT_ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH || !base62::is_base62(rest) {
            return Err(ParseKeyError);
        }
        let (body, checksum) = text.split_at(text.len() - CHECKSUM_LENGTH);
        if base62::six(crc32fast::hash(body.as_bytes())) != checksum {
            return Err(ParseKeyError);
        }
        let account = AccountId(rest[..ACCOUNT_ID_LENGTH].to_owned());
        Ok(Self::new(mode, account, text.to_owned()))
    }

    fn new(mode: Mode, account: AccountId, text: String) -> Self {
        Self { mode, account, hash: Sha256::digest(text.as_bytes()).into(), text: text.into() }
    }

    /// Live or test.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The account in the key. Only the account's item shows whether the key really belongs to it.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The SHA-256 of the whole key, which is stored.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The key's public name: the first 16 hex digits of its hash.
    #[must_use]
    pub fn id(&self) -> String {
        let mut first = [0; 8];
        first.copy_from_slice(&self.hash[..8]);
        format!("{:016x}", u64::from_be_bytes(first))
    }

    /// Its last four characters, which help its owner to recognise it.
    #[must_use]
    pub fn last4(&self) -> &str {
        let text = self.text.expose_secret();
        text.get(text.len() - 4..).unwrap_or_default()
    }

    /// The key itself, only for its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        "Acc0unt123".parse().unwrap()
    }

    #[test]
    fn a_generated_key_is_read_back() {
        let key = ApiKey::generate(Mode::Live, &account());
        let read = ApiKey::parse(key.reveal()).unwrap();
        assert_eq!(read.mode(), Mode::Live);
        assert_eq!(read.account(), &account());
        assert_eq!(read.hash(), key.hash());
        assert_eq!(read.id().len(), 16);
        assert_eq!(key.reveal().len(), 54);
    }

    #[test]
    fn every_single_wrong_character_is_caught_by_the_checksum() {
        let key = ApiKey::generate(Mode::Test, &account());
        for place in 8..key.reveal().len() {
            let mut text = key.reveal().as_bytes().to_vec();
            text[place] = if text[place] == b'a' { b'b' } else { b'a' };
            let text = String::from_utf8(text).unwrap();
            assert_eq!(ApiKey::parse(&text).unwrap_err(), ParseKeyError, "{place}");
        }
    }

    #[test]
    fn a_test_key_with_a_live_prefix_is_refused() {
        let key = ApiKey::generate(Mode::Test, &account());
        let swapped = key.reveal().replace("ct_test_", "ct_live_");
        assert!(ApiKey::parse(&swapped).is_err());
    }

    #[test]
    fn texts_of_another_form_are_refused() {
        for text in ["", "ct_live_", "sk_live_abc", "ct_live_é", "ct_test_ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"]
        {
            assert!(ApiKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_debug_form_hides_the_key() {
        let key = ApiKey::generate(Mode::Live, &account());
        assert!(!format!("{key:?}").contains(key.reveal()));
    }
}
