//! Finds secrets, which no test may log. The tests of `ct` include this file, too.

use std::io::Write;

/// A part of every made-up secret: providers' keys, passwords, tokens.
pub const MARK: &str = "s3cret";
/// The length of the account's part in a customer's key, between its prefix and its secret.
const ACCOUNT_LENGTH: usize = 10;
/// The account's part of the public keys.
const PUBLIC: &str = "0000000000000000000000000000000000000000";

/// The first secret in a string: an API key with any part of its secret, a made-up secret of the
/// tests, or an AWS signature.
#[must_use]
pub fn secret_in(text: &str) -> Option<&str> {
    let keys = ["ct_live_", "ct_test_"].into_iter().flat_map(|prefix| text.split(prefix).skip(1));
    let keys = keys.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default());
    let others = [MARK, "AWS4-HMAC-SHA256"].into_iter().filter(|known| text.contains(known));
    keys.filter(|key| key.len() > ACCOUNT_LENGTH && !key.starts_with(PUBLIC)).chain(others).next()
}

/// Ends the run if a secret was logged. A panic could end in a task whose result is ignored.
pub fn refuse(logged: &[u8]) {
    let logged = String::from_utf8_lossy(logged);
    if let Some(secret) = secret_in(&logged) {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("another thread");
        let _ = writeln!(std::io::stderr(), "{test} logged a secret, {secret}, in\n{logged}");
        std::process::exit(1);
    }
}
