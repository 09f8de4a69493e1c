//! Characters: a text in the few that matter to addresses.

use super::domain::domain_in;
use super::words::{MAIL_SIGNS, POINTERS, is_mail_word};

/// The end of a line, which no address goes across.
pub const LINE_END: char = '\n';
/// What stands for everything else that no address goes across: emoji, most signs.
pub const BREAK: char = ',';
/// What stands for a sign or a word that announces an address: "📧", "Email:". No text keeps its own.
pub const ENVELOPE: char = ':';

/// The text in letters, digits, dots, at signs, round brackets, the signs of local parts, single spaces, [`LINE_END`]s,
/// [`BREAK`]s and [`ENVELOPE`]s; without web links' paths.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut in_link = false;
    for (place, original) in text.char_indices() {
        let after = &text[place + original.len_utf8()..];
        let Some(c) = read_in(&text[..place], original, after) else { continue };
        in_link = in_link && !ends_link(c);
        if in_link {
            continue;
        }
        in_link = match c {
            ':' => after.starts_with("//") && !last_run(&folded).eq_ignore_ascii_case("mailto"),
            '/' | '?' | '#' => is_site(last_run(&folded)),
            _ => false,
        };
        match c {
            ' ' if folded.ends_with([' ', LINE_END, BREAK, ENVELOPE]) => {}
            // An ellipsis.
            '.' if folded.ends_with("..") => {
                folded.truncate(folded.len() - 2);
                folded.push(BREAK);
            }
            ' ' | '.' | '@' | LINE_END => folded.push(c),
            '(' | '[' | '{' | '<' => folded.push('('),
            ')' | ']' | '}' | '>' => folded.push(')'),
            c if is_atom(c) => folded.push(c),
            _ if announces(&folded, original) => folded.push(ENVELOPE),
            _ => {
                // "1️⃣" is a bullet.
                if original == '\u{20E3}' && folded.ends_with(|c: char| c.is_ascii_digit()) {
                    folded.pop();
                }
                folded.push(BREAK);
                // A word that is written as a sign.
                if original == '💼' {
                    folded.push_str("business");
                    folded.push(BREAK);
                }
            }
        }
    }
    folded
}

/// The plain character that this one is read as between these texts; none for an invisible one.
fn read_in(before: &str, c: char, after: &str) -> Option<char> {
    let follows = |is: fn(char) -> bool| before.ends_with(is);
    let is_break = match c {
        // Both a dot and, much more often, the end of a sentence.
        '。' | '｡' => {
            !(follows(|c| unstyled(c).is_some_and(|c| c.is_ascii_alphanumeric())) && starts_with_latin(after))
        }
        // By itself a sign, as in "ⓘ"; among others of its kind a letter.
        _ if is_circled(c) => !follows(is_circled) && !after.starts_with(is_circled),
        // Part of a word only in "Mª".
        'ª' | 'º' => !follows(char::is_alphanumeric),
        _ => false,
    };
    if is_break { Some(BREAK) } else { unstyled(c) }
}

/// Whether an address can be expected after this sign, which stands after this text.
fn announces(folded: &str, sign: char) -> bool {
    MAIL_SIGNS.contains(sign) || (POINTERS.contains(sign) && (folded.ends_with(ENVELOPE) || ends_in_mail_word(folded)))
}

/// Whether a word for mail stands last, but for spaces.
pub fn ends_in_mail_word(folded: &str) -> bool {
    let text = folded.trim_end_matches(' ');
    // More than any of them: a long run is not worth a search.
    let start = text.floor_char_boundary(text.len().saturating_sub(32));
    is_mail_word(last_run(&text[start..]))
}

/// The plain character that this one is read as; none for an invisible one.
pub fn unstyled(c: char) -> Option<char> {
    Some(match c {
        '\0'..='\x7F' if c == ' ' || c == '\t' => ' ',
        '\0'..='\x7F' => c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => {
            return None;
        }
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}' => return None,
        // An emoji's skin.
        '\u{1F3FB}'..='\u{1F3FF}' => return None,
        // Full width.
        '\u{FF01}'..='\u{FF5E}' => counted_on('!', u32::from(c) - 0xFF01),
        '\u{FE52}' | '\u{2024}' | '。' | '｡' => '.',
        '\u{FE6B}' => '@',
        '’' | 'ʼ' => '\'',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        // Letters without a shape, used as spaces.
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => ' ',
        // The mathematical alphabets, which people use as fonts.
        '\u{1D400}'..='\u{1D6A3}' => match (u32::from(c) - 0x1D400) % 52 {
            capital @ ..26 => counted_on('A', capital),
            small => counted_on('a', small - 26),
        },
        '\u{1D7CE}'..='\u{1D7FF}' => counted_on('0', (u32::from(c) - 0x1D7CE) % 10),
        // Circled letters.
        '\u{24B6}'..='\u{24CF}' => counted_on('A', u32::from(c) - 0x24B6),
        '\u{24D0}'..='\u{24E9}' => counted_on('a', u32::from(c) - 0x24D0),
        '\u{85}' | '\u{2028}' | '\u{2029}' => LINE_END,
        _ if c.is_whitespace() => ' ',
        _ => read_as(c).unwrap_or(if is_word_character(c) { c } else { BREAK }),
    })
}

fn counted_on(first: char, number: u32) -> char {
    char::from_u32(u32::from(first) + number).unwrap_or(first)
}

/// Letters that stand in for plain ones in fonts made of small capitals, and the ones that the mathematical alphabets
/// leave out because Unicode had them already.
fn read_as(c: char) -> Option<char> {
    const LETTERS: [(&str, &str); 2] = [
        ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
        ("ℎℬℰℱℋℐℒℳℛℯℊℴℭℌℑℜℨℂℍℕℙℚℝℤ", "hBEFHILMRegoCHIRZCHNPQRZ"),
    ];
    LETTERS
        .iter()
        .find_map(|(written, read)| written.chars().zip(read.chars()).find(|(from, _)| *from == c))
        .map(|(_, to)| to)
}

/// Whether it can be in a word, other than in ASCII.
fn is_word_character(c: char) -> bool {
    let place = u32::from(c);
    // Accents, and the two signs of the Indian scripts that aren't alphabetic. To email_address they make an address
    // invalid, which is better than cutting one short.
    (c.is_alphabetic() && !is_ornament(c))
        || matches!(place, 0x300..=0x36F)
        || (matches!(place, 0x900..=0xDFF) && matches!(place % 0x80, 0x3C | 0x4D))
}

/// Phonetic letters that people draw with: "ʚname@gmail.comɞ". The ones that look like letters can stand in for them.
const fn is_ornament(c: char) -> bool {
    matches!(c, 'ɞ' | 'ɷ' | 'ʔ' | 'ʕ' | 'ʖ' | 'ʗ' | 'ʘ' | 'ʚ' | 'ʬ' | 'ʭ' | '\u{2B0}'..='\u{2FF}')
}

const fn is_circled(c: char) -> bool {
    matches!(c, '\u{24B6}'..='\u{24E9}')
}

/// Whether it can be in a local part, dots aside. RFC 5322 allows more signs, which people use between addresses.
pub fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '\'' | '&' | '$' | '%') || !c.is_ascii()
}

fn starts_with_latin(text: &str) -> bool {
    text.chars().next().and_then(unstyled).is_some_and(|c| c.is_ascii_alphabetic())
}

/// Whether a web link, as people write it, ends before this character.
fn ends_link(c: char) -> bool {
    !c.is_ascii() || c.is_whitespace() || matches!(c, '|' | ',' | ';' | '<' | '>' | '"' | '(' | ')' | '[' | ']')
}

/// What was written since the last space, break or bracket.
fn last_run(folded: &str) -> &str {
    let start = folded.rfind(|c| !is_atom(c) && c != '.' && c != '@').map_or(0, |end| end + 1);
    &folded[start..]
}

/// Whether it is a web site's address, so that a path can follow.
fn is_site(run: &str) -> bool {
    !run.contains('@') && domain_in(run).is_some_and(|domain| domain.len() == run.len())
}
