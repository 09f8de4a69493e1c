//! Lists of words and of parts of words. A filter that is built at compile time rejects most other
//! words without a search.

/// Words, separated by spaces.
pub struct Words {
    words: &'static str,
    /// For each length of words, one bit per first letter.
    firsts: [u64; LENGTHS],
}

/// In bytes; longer words share the last one.
const LENGTHS: usize = 24;

impl Words {
    pub const fn new(words: &'static str) -> Self {
        let mut firsts = [0; LENGTHS];
        let bytes = words.as_bytes();
        let mut start = 0;
        let mut end = 0;
        while end <= bytes.len() {
            if end == bytes.len() || bytes[end] == b' ' {
                if end > start {
                    firsts[place_of(end - start)] |= bit_of(bytes[start]);
                }
                start = end + 1;
            }
            end += 1;
        }
        Self { words, firsts }
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.words.split(' ')
    }

    /// Whether it is one of these words; in ASCII, case doesn't matter.
    pub fn has(&self, word: &str) -> bool {
        let can_be = |first: &u8| self.firsts[place_of(word.len())] & bit_of(*first) != 0;
        word.as_bytes().first().is_some_and(can_be) && self.iter().any(|one| one.eq_ignore_ascii_case(word))
    }

    /// Whether a text contains one of these words as a whole word.
    pub fn are_in(&self, text: &str) -> bool {
        text.split(|c: char| !c.is_alphabetic()).any(|word| self.has(word))
    }
}

const fn place_of(length: usize) -> usize {
    if length < LENGTHS { length } else { LENGTHS - 1 }
}

/// A letter and its capital have the same bit.
const fn bit_of(byte: u8) -> u64 {
    1 << (byte.to_ascii_lowercase() % 64)
}

/// Parts of words in lower case, of at least two bytes, separated by spaces.
pub struct Parts {
    parts: &'static str,
    /// One bit for each pair of first two bytes; some pairs share a bit.
    pairs: u128,
}

impl Parts {
    pub const fn new(parts: &'static str) -> Self {
        let mut pairs = 0;
        let bytes = parts.as_bytes();
        let mut place = 0;
        while place + 1 < bytes.len() {
            if place == 0 || bytes[place - 1] == b' ' {
                pairs |= bit_of_pair(bytes[place], bytes[place + 1]);
            }
            place += 1;
        }
        Self { parts, pairs }
    }

    /// Whether a text in lower case contains one of them, also inside a word.
    pub fn are_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let begins_here = |place: usize| {
            let parts = || self.parts.split(' ').map(str::as_bytes);
            self.pairs & bit_of_pair(bytes[place], bytes[place + 1]) != 0
                && parts().any(|part| bytes[place..].starts_with(part))
        };
        (1..bytes.len()).any(|end| begins_here(end - 1))
    }
}

const fn bit_of_pair(first: u8, second: u8) -> u128 {
    1 << (first.wrapping_mul(31).wrapping_add(second) % 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_its_words_whole_and_in_any_case() {
        const WORDS: Words = Words::new("at e-mail übermorgen a-word-that-is-longer-than-all-others");
        for word in WORDS.iter() {
            assert!(WORDS.has(word) && WORDS.has(&word.to_ascii_uppercase()), "{word}");
            assert_ne!(WORDS.are_in(word), word.contains('-'), "{word}");
        }
        for word in ["", "a", "att", "e-mai", "mail", "übermorge"] {
            assert!(!WORDS.has(word), "{word}");
        }
        assert!(WORDS.are_in("e-at.5") && !WORDS.are_in("eat"));
    }

    #[test]
    fn a_part_is_found_anywhere_in_a_text() {
        const PARTS: Parts = Parts::new("biz 合作 реклам");
        for text in ["biz", "showbiz!", "商务合作", "порекламе"] {
            assert!(PARTS.are_in(text), "{text}");
        }
        for text in ["", "b", "bi", "合", "合 作", "рекла"] {
            assert!(!PARTS.are_in(text), "{text}");
        }
    }
}
