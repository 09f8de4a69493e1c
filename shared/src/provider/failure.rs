//! Why a provider didn't answer.

use std::time::Duration;

use crate::creator::CheckError;

/// The reason why a provider didn't answer, which decides what the chain does. It is only for the
/// log, and contains nothing from a body.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[strum(serialize_all = "snake_case")]
pub enum Failure {
    /// Its response proves that the item doesn't exist.
    #[error("not found")]
    NotFound,
    /// Its response says that the item doesn't exist, but can also mean a block. One more source
    /// must agree.
    #[error("perhaps not found: {0}")]
    PerhapsNotFound(&'static str),
    /// It can't see the item, for one of many reasons. Only if no provider can see it is it "not
    /// found".
    #[error("not seen: {0}")]
    NotSeen(&'static str),
    /// Its response says that the item exists but is private.
    #[error("private")]
    Private,
    /// The response is blocked, ambiguous, empty, or in another form than expected: nothing is
    /// known, and another provider may answer.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It can't answer this subject, and wasn't asked.
    #[error("unable: {0}")]
    Unable(&'static str),
    /// It wasn't asked, because it rests or no time was left.
    #[error("not asked: {0}")]
    NotAsked(&'static str),
    /// It didn't answer before the deadline for all providers.
    #[error("cut off by the deadline")]
    CutOff,
    /// A timeout, a broken connection, a server error: the next attempt may succeed.
    #[error("transient: {0}")]
    Transient(String),
    /// Too many requests at once.
    #[error("rate limited")]
    RateLimited {
        /// The time to wait, if the response names one.
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

    /// A transient failure, for this reason.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient(reason.into())
    }
}

/// A provider's message in lower case, without the words of the request. A handle may be "quota" or
/// "limit", and must not make the provider rest.
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

/// Whether these lower-case words say that a post or creator is missing, and not a route or a key.
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
