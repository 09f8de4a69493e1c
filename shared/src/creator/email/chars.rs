//! Characters: their plain equivalents, and their effect on an address beside them.

use super::fold::{BREAK, GLUE, LINE_END};
use super::fonts::is_look_alike;
use super::scripts::is_of_other_script;
use super::words::MAIL_SIGNS;

/// The plain character that this one is read as; `None` for an invisible one.
pub fn unstyled(c: char) -> Option<char> {
    Some(match c {
        '\t' => ' ',
        '\0'..='\x7F' => c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => {
            return None;
        }
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}' => return None,
        // Skin tones of emoji.
        '\u{1F3FB}'..='\u{1F3FF}' => return None,
        // Full width.
        '\u{FF01}'..='\u{FF5E}' => counted_on('!', u32::from(c) - 0xFF01),
        '。' | '｡' | '﹒' | '․' | '⸱' => '.',
        // Keyboards and word processors write them instead of a hyphen.
        '‐' | '‑' | '‒' | '−' | '﹣' => '-',
        '﹍' | '﹎' | '﹏' => '_',
        '﹫' => '@',
        '﹢' => '+',
        '﹠' => '&',
        '’' | 'ʼ' => '\'',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        // Letters without a visible shape, used as spaces.
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => ' ',
        // The mathematical alphabets, which people use as fonts.
        '\u{1D400}'..='\u{1D6A3}' => match (u32::from(c) - 0x1D400) % 52 {
            capital @ ..26 => counted_on('A', capital),
            small => counted_on('a', small - 26),
        },
        '\u{1D7CE}'..='\u{1D7FF}' => counted_on('0', (u32::from(c) - 0x1D7CE) % 10),
        '\u{85}' | '\u{2028}' | '\u{2029}' => LINE_END,
        _ if c.is_whitespace() => ' ',
        _ => read_as(c).unwrap_or(if is_word_character(c) { c } else { BREAK }),
    })
}

fn counted_on(first: char, number: u32) -> char {
    char::from_u32(u32::from(first) + number).unwrap_or(first)
}

/// Letters that replace plain ones in fonts made of small capitals, and letters that the
/// mathematical alphabets omit because Unicode already had them.
fn read_as(c: char) -> Option<char> {
    const LETTERS: [(&str, &str); 2] = [
        ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
        ("ℎℬℰℱℋℐℒℳℛℯℊℴℭℌℑℜℨℂℍℕℙℚℝℤℓℹ", "hBEFHILMRegoCHIRZCHNPQRZli"),
    ];
    // Most letters aren't among them.
    if !matches!(c, 'ǫ'..='ʟ' | 'ᴀ'..='ᵿ' | '℀'..='⅏' | 'ꜰ'..='ꜱ') {
        return None;
    }
    LETTERS
        .iter()
        .find_map(|(written, read)| written.chars().zip(read.chars()).find(|(from, _)| *from == c))
        .map(|(_, to)| to)
}

/// Whether this character outside ASCII can be in a word.
fn is_word_character(c: char) -> bool {
    let place = u32::from(c);
    // Accents, and the signs of the Indian scripts and of Thai that aren't alphabetic. The crate
    // email_address rejects an address that has them, which is better than a shortened address.
    (c.is_alphanumeric() && !is_ornament(c))
        || is_look_alike(c)
        || matches!(place, 0x300..=0x36F | 0xE47..=0xE4E)
        || (matches!(place, 0x900..=0xDFF) && matches!(place % 0x80, 0x3C | 0x4D))
}

/// Letters and numbers that people use as ornaments: "ʚname@gmail.comɞ", "①name@gmail.com". Letters
/// of fonts count as letters.
const fn is_ornament(c: char) -> bool {
    let is_number = matches!(c, '①'..='⒛' | '⓪'..='⓿' | '❶'..='➓' | '㈠'..='㏿' | '\u{1F100}'..='\u{1F10C}');
    let is_sign = matches!(c, 'ɞ' | 'ɷ' | 'ʔ' | 'ʕ' | 'ʖ' | 'ʗ' | 'ʘ' | 'ʚ' | 'ʬ' | 'ʭ' | 'ˆ'..='\u{2DF}' | '\u{2E5}'..='\u{2FF}');
    is_number || is_sign
}

/// Whether this sign always ends the text before it and begins the text after it.
pub fn is_border(sign: char) -> bool {
    match sign {
        '"' | '`' | ',' | ';' | ':' | '!' | '?' | '|' | '/' | '=' => true,
        '\0'..='\x7F' => sign.is_ascii_control(),
        _ => is_border_beyond_ascii(sign) || MAIL_SIGNS.contains(sign),
    }
}

/// Whether it is a sign outside ASCII that always ends the text before it. All other signs,
/// including emoji, may be part of a name: "l❤ve99", "jane#1", "jane™".
// Rows, instead of one line per sign.
#[rustfmt::skip]
const fn is_border_beyond_ascii(sign: char) -> bool {
    matches!(
        sign,
        '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '‚' | '‘' | '¡' | '¿' | '¦' | '│'
        | '┃' | '⎮' | '…' | '‥'
        | '、' | '，' | '；' | '：' | '！' | '？' | '「' | '」' | '『' | '』' | '《' | '》' | '〈' | '〉'
        | '〖' | '〗' | '〘' | '〙' | '〚' | '〛' | '｢' | '｣' | '،' | '؛' | '؟' | '۔' | '।' | '॥'
        | '•' | '●' | '○' | '◦' | '‣' | '▪' | '▫' | '■' | '□' | '◆' | '◇' | '◾' | '◽' | '▸'
        | '▹' | '►' | '▻' | '▶' | '▷' | '◀' | '◁' | '→' | '←' | '↓' | '↑' | '⇒' | '⇨' | '➔'
        | '➜' | '➝' | '➞' | '➡' | '➤' | '➥' | '⤵' | '⬇' | '⬅' | '👉' | '👈' | '👇' | '☞' | '☛'
        | '💼' | '📲' | '📱' | '📞' | '☎' | '🔗' | '🌐' | '📍' | '📌' | '📎' | '✍'
        | '\u{85}'
    )
}

/// Whether the sign may stand for any letter: a backslash that escapes nothing, a replacement for a
/// lost letter, a character of private use, a currency's sign or "№".
pub const fn is_unknown(sign: char) -> bool {
    matches!(sign, '\\' | '¢'..='¥' | '\u{20A0}'..='\u{20CF}' | '№' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

/// Whether it can be in a local part; dots are handled elsewhere. RFC 5322 allows more signs, but
/// people write those between addresses.
pub fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '\'' | '&' | '$' | '%') || !c.is_ascii()
}

/// Whether a sign directly after it may be part of the same name.
pub fn can_be_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | GLUE) || (!c.is_ascii() && !is_of_other_script(c))
}
