//! Advice for operators: how to turn a provider on, and how to solve its failures.

use shared::provider::{Entry, Failure, Key};

pub fn to_turn_on(entry: &Entry) -> String {
    match entry.key {
        Some(key) => format!("set {}", key.variable()),
        None => "set KEYLESS_PROVIDERS=on".to_owned(),
    }
}

/// How to solve a failure of this provider.
pub fn about(failure: &Failure, entry: &Entry) -> String {
    match failure {
        Failure::NotFound | Failure::PerhapsNotFound(_) | Failure::NotSeen(_) | Failure::Private => {
            "open the subject in a browser; if it no longer exists, choose another one with --subjects; if it \
             exists, save the response with --save and report it"
                .to_owned()
        }
        Failure::Unavailable(_) => {
            "save the response with --save and compare it with the provider's documentation: the format may have \
             changed, or the provider may block this machine"
                .to_owned()
        }
        Failure::Unable(_) => "choose another subject with --subjects: this provider can't answer this one".to_owned(),
        Failure::NotAsked(_) => "solve this provider's first failure".to_owned(),
        Failure::CutOff | Failure::Transient(_) => {
            "check again; if it fails again, check the provider's address and status page, or allow more time with \
             PROVIDER_TIMEOUT_MS"
                .to_owned()
        }
        Failure::RateLimited { retry_after } => {
            let wait = retry_after.map_or_else(|| "a minute".to_owned(), |wait| format!("{} seconds", wait.as_secs()));
            format!("wait {wait}; then check again, with a longer --pause")
        }
        Failure::OutOfQuota => format!("{}, or wait for the next period of its plan", pay(entry.key)),
        Failure::KeyRefused => refused(entry.key),
    }
}

fn pay(key: Option<Key>) -> String {
    match key {
        Some(key) => format!("pay for more with the account of {}", key.variable()),
        None => "turn it off".to_owned(),
    }
}

fn refused(key: Option<Key>) -> String {
    match key {
        Some(key @ Key::RapidApi) => {
            format!("subscribe to this product on rapidapi.com, or set another {}", key.variable())
        }
        Some(key) => format!("set another {}", key.variable()),
        None => "turn it off: it needs no key, but refuses this machine".to_owned(),
    }
}
