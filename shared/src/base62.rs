//! Base62 text: letters and digits only, so that a key is selected whole by a double click.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` random characters from the operating system's generator.
///
/// # Panics
/// If the operating system has no random bytes, because no safe key can be created then.
#[must_use]
pub fn random(length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while text.len() < length {
        getrandom::fill(&mut bytes).expect("the operating system's random number generator");
        // 248 = 4 × 62: bytes beyond it would make the first letters more likely.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let missing = length - text.len();
        text.extend(fair.take(missing).map(|byte| letter(u32::from(*byte))));
    }
    text
}

/// `number` in exactly six characters, which hold any 32-bit number.
#[must_use]
pub fn six(mut number: u32) -> String {
    let mut letters = [b'0'; 6];
    for place in letters.iter_mut().rev() {
        *place = ALPHABET[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    letters.iter().map(|byte| char::from(*byte)).collect()
}

/// Whether `text` has only characters of this alphabet.
#[must_use]
pub fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn letter(number: u32) -> char {
    char::from(ALPHABET[usize::try_from(number % 62).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_characters_hold_every_checksum() {
        assert_eq!(six(0), "000000");
        assert_eq!(six(61), "00000z");
        assert_eq!(six(u32::MAX), "4gfFC3");
    }

    #[test]
    fn random_text_has_its_length_and_alphabet_and_differs() {
        let (a, b) = (random(30), random(30));
        assert!(a.len() == 30 && is_base62(&a) && a != b);
    }
}
