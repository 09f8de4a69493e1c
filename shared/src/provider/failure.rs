//! Why a provider didn't answer.

use std::time::Duration;

use crate::creator::CheckError;

/// Why a provider didn't answer, and so what the chain does. For the log alone: nothing in it comes
/// from a body.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[strum(serialize_all = "snake_case")]
pub enum Failure {
    /// It says, in its own terms, that the thing doesn't exist.
    #[error("not found")]
    NotFound,
    /// It says so in terms that can also mean a block; one more source must agree.
    #[error("perhaps not found: {0}")]
    PerhapsNotFound(&'static str),
    /// It can't see the item, for one of many reasons. Only if no provider can see it is it "not
    /// found".
    #[error("not seen: {0}")]
    NotSeen(&'static str),
    /// It says that the thing exists but is private.
    #[error("private")]
    Private,
    /// Blocked, ambiguous, empty, another form than expected: nothing is known, another provider
    /// may do better.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It can't be asked for this at all, and wasn't.
    #[error("unable: {0}")]
    Unable(&'static str),
    /// It would have been asked at another time.
    #[error("not asked: {0}")]
    NotAsked(&'static str),
    /// The deadline for all providers came before its answer.
    #[error("cut off by the deadline")]
    CutOff,
    /// A timeout, a broken connection, a server error: the next attempt may succeed.
    #[error("transient: {0}")]
    Transient(String),
    /// Too many requests at once.
    #[error("rate limited")]
    RateLimited {
        /// How long to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// The plan's quota is used up: the operator must act.
    #[error("out of quota")]
    OutOfQuota,
    /// The key is wrong, or not subscribed: the operator must act.
    #[error("key refused")]
    KeyRefused,
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl Failure {
    /// Nothing is known, for this reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }

    /// It may work next time; this happened.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient(reason.into())
    }
}

/// A provider's message in small letters, without the words that it was asked with, for what may
/// rest it: a handle may be "quota" or "limit".
pub(super) fn without_echo(message: &str, asked: &[(&str, &str)]) -> String {
    let asked: Vec<String> = asked.iter().map(|(_, value)| value.to_lowercase()).collect();
    let is_asked = |word: &str| asked.iter().any(|value| words(value).any(|one| one == word));
    let message = message.to_lowercase();
    let mut kept = String::with_capacity(message.len());
    for part in message.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
        let word = part.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        kept.push_str(if is_asked(word) { &part[word.len()..] } else { part });
    }
    kept
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether these words, in small letters, say that something of a creator's is missing, and not a
/// route or a key.
pub(super) fn is_missing(words: &str) -> bool {
    const THINGS: [&str; 8] = ["user", "profile", "channel", "post", "video", "tweet", "reel", "media"];
    THINGS.iter().any(|thing| words.contains(&format!("{thing} not found")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_request_are_not_taken_for_words_of_the_provider() {
        let asked = [("username", "Quota"), ("url", "https://www.instagram.com/p/limit/"), ("count", "35")];
        assert_eq!(without_echo("No user QUOTA, limit!", &asked), "no user , !");
        assert_eq!(without_echo("quotas exceeded", &asked), "quotas exceeded");
        assert_eq!(without_echo("", &asked), "");
    }
}
