//! The encoding of a sheet's text. The output has the encoding of the input.

use anyhow::{Context, bail, ensure};

const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16_MARKS: [(&[u8], Encoding); 2] = [(b"\xff\xfe", Encoding::Utf16Little), (b"\xfe\xff", Encoding::Utf16Big)];
/// The first bytes of workbooks (.xlsx and .xls), which aren't text.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8 {
        /// Whether the text begins with a byte order mark.
        is_marked: bool,
    },
    /// An older encoding with one byte per character, such as Windows-1252.
    Bytes,
    /// UTF-16, little-endian.
    Utf16Little,
    /// UTF-16, big-endian.
    Utf16Big,
}

impl Encoding {
    /// Detects the encoding. Returns it with the text without its byte order mark, in UTF-8 or, for
    /// [`Encoding::Bytes`], unchanged.
    pub fn read(bytes: &[u8]) -> anyhow::Result<(Self, Vec<u8>)> {
        ensure!(
            !WORKBOOKS.iter().any(|beginning| bytes.starts_with(beginning)),
            "this is a workbook; save the sheet as CSV UTF-8 first"
        );
        for (mark, encoding) in UTF_16_MARKS {
            if let Some(text) = bytes.strip_prefix(mark) {
                return Ok((encoding, encoding.to_utf_8(text).context("the file isn't valid UTF-16")?));
            }
        }
        if bytes.contains(&0) {
            bail!("the file isn't text: it has zero bytes; save the sheet as CSV UTF-8");
        }
        let is_marked = bytes.starts_with(UTF_8_MARK);
        let text = bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes);
        let encoding = if std::str::from_utf8(text).is_ok() { Self::Utf8 { is_marked } } else { Self::Bytes };
        Ok((encoding, text.to_owned()))
    }

    fn to_utf_8(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let unit = |pair: &[u8; 2]| match self {
            Self::Utf16Big => u16::from_be_bytes(*pair),
            _ => u16::from_le_bytes(*pair),
        };
        let text = char::decode_utf16(pairs.iter().map(unit)).collect::<Result<String, _>>().ok();
        text.filter(|_| rest.is_empty()).map(String::into_bytes)
    }

    /// The text in this encoding, with its byte order mark.
    pub fn stored(self, text: Vec<u8>) -> Vec<u8> {
        let units = |bytes: fn(u16) -> [u8; 2]| {
            let text = String::from_utf8_lossy(&text);
            ["\u{feff}", &*text].concat().encode_utf16().flat_map(bytes).collect()
        };
        match self {
            Self::Utf8 { is_marked: true } => [UTF_8_MARK, &text].concat(),
            Self::Utf8 { is_marked: false } | Self::Bytes => text,
            Self::Utf16Little => units(u16::to_le_bytes),
            Self::Utf16Big => units(u16::to_be_bytes),
        }
    }

    /// Replaces characters of our own text that this encoding doesn't have. Dashes always become
    /// ASCII, because a program may read UTF-8 without a byte order mark as another encoding.
    pub fn writable(self, text: &str) -> String {
        let plain = text.replace(['\u{2013}', '\u{2014}'], "-").replace('\u{2026}', "...");
        if self == Self::Bytes { plain.replace(|letter: char| !letter.is_ascii(), "?") } else { plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_keeps_its_encoding() {
        let utf_16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain("a;é;😀\r\n".encode_utf16().flat_map(bytes)).collect()
        };
        for (bytes, expected) in [
            ("a;é;😀\r\n".as_bytes().to_owned(), Encoding::Utf8 { is_marked: false }),
            ("\u{feff}a;é;😀\r\n".as_bytes().to_owned(), Encoding::Utf8 { is_marked: true }),
            (b"a;\xe9;\x80\r\n".to_vec(), Encoding::Bytes),
            (utf_16([0xff, 0xfe], u16::to_le_bytes), Encoding::Utf16Little),
            (utf_16([0xfe, 0xff], u16::to_be_bytes), Encoding::Utf16Big),
        ] {
            let (encoding, text) = Encoding::read(&bytes).unwrap();
            assert_eq!((encoding, text.starts_with(b"a;")), (expected, true));
            assert_eq!(encoding.stored(text), bytes);
        }
    }

    #[test]
    fn files_that_are_not_text_are_refused() {
        for bytes in [&b"PK\x03\x04..."[..], b"a\0b", b"\xff\xfea", b"\xff\xfe\x00\xd8"] {
            assert!(Encoding::read(bytes).is_err(), "{bytes:?}");
        }
    }
}
