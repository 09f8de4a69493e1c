//! The words, signs and names that addresses, and what stands around them, are made of.

/// The words for the at sign and for the dot, in brackets or between spaces.
pub const AT_WORDS: &str = "@ at arobase arroba arrobase 골뱅이 собака ät æt アット";
pub const DOT_WORDS: &str = ". dot nokta point ponto punkt punto точка 닷 점 ドット";
/// Those for the at sign that mean nothing else.
pub const CLEAR_AT_WORDS: &str = "arobase arroba arrobase";
/// More of them, which count in brackets only.
pub const BRACKETED_AT_WORDS: &str = "a apenstaartje chiocciola klammeraffe malpa małpa zavináč あっと アットマーク";

/// Words before a spaced at sign that belong to the sentence: "mail me @ gmail.com".
pub const NO_NAMES: &str = "\
    also always and apply back by correo dm e-mail email enquire everyone find follow from gmail her here him in \
    inquire is it join just listen live mail me meet message my now of off on only or order our out over people \
    subscribe tag that the them then they this to u up us via visit watch we with work shop you";

/// Words for mail, and the signs for it.
const MAIL_WORDS: &str = "\
    correo correio e-mail e-posta email eposta mail mailto pochta почта メール 메일 이메일 邮箱 郵箱 信箱";
pub const MAIL_SIGNS: &str = "✉💌📤📥📧📨📩📪📫📬📭📮🖂";
/// What stands between a word for mail and the address.
pub const POINTERS: &str = ":：=→➔➜➡👉";

/// Mail hosts by their name, under whatever suffix.
pub const MAIL_NAMES: &str = "\
    fastmail gmail gmx googlemail hanmail hotmail icloud outlook protonmail rediffmail rocketmail tutanota ymail";
/// Mail hosts whose name alone could be anybody's.
pub const MAIL_DOMAINS: &str = "\
    126.com 163.com bk.ru bol.com.br foxmail.com freenet.de inbox.ru libero.it list.ru live.ca live.co.uk live.de \
    live.fr live.it live.nl mac.com msn.com o2.pl pm.me proton.me tuta.com tuta.io wanadoo.fr web.de";
/// Mail hosts that mean something else too, after an at sign: an employer, as in "reporter @ aol.com", or a word.
pub const UNSURE_MAIL_NAMES: &str = "aol laposte naver rambler yahoo yandex zoho";
pub const UNSURE_MAIL_DOMAINS: &str = "\
    att.net comcast.net daum.net free.fr hey.com interia.pl kakao.com live.com mail.com mail.ru me.com mynet.com \
    orange.fr qq.com seznam.cz t-online.de terra.com.br uol.com.br verizon.net wp.pl ya.ru";
/// Mail hosts after which no further suffix comes: "name@gmail.com.dm me".
pub const WHOLE_MAIL_DOMAINS: &str = "gmail.com googlemail.com icloud.com";
/// Mail hosts without hyphens in their names.
pub const HYPHENLESS_MAIL_DOMAINS: &str = "gmail.com googlemail.com";
/// What job titles begin with, before a hyphen: "ex-PM".
pub const TITLE_BEGINNINGS: &str = "back co data ex front full post pre qa self semi sub vice";

/// Suffixes under which a domain with spaced dots is believed: common ones that are no words.
pub const ORDINARY_SUFFIXES: &str = "\
    co.id co.in co.jp co.kr co.nz co.uk co.za com com.ar com.au com.br com.mx com.tr net org";
/// Words that are in capitals more often than the suffixes that they are too: "name@cafe.com.DM me".
pub const CAPITAL_WORDS: &str = "ad ai am as at be by dm do et in io is it la me my no pr so to tv us";

/// Suffixes that stand last, unless the list knows what follows as part of the suffix: `com.au`.
pub const LAST_LABELS: &str = "com net org";
/// Suffixes that are file names' endings much more often.
pub const FILE_ENDINGS: &str = "mov zip";

/// Capitalised words before a hyphen that name what follows: "Email-name@gmail.com". "Contact-us" is a name itself, and
/// phones capitalise a line's first word.
pub const LABELS: &str = "correo e-mail email mail mailto";
/// Where no name has a hyphen, these do too, in whatever case.
pub const MORE_LABELS: &str = "\
    biz booking bookings business collab collabs contact contacto contato dm enquiries gmail id inquiries management \
    mgmt pr promo";

/// A sign of business even inside a word, in an address and before it: `janedoebusiness`.
pub const BUSINESS_PARTS: &str = "\
    biz booking business collab enquir inquir management mgmt partnership promo sponsor ugc workwith";
/// As a whole word of an address, a sign of business.
pub const BUSINESS_WORDS: &str = "\
    ads advertising agency brand brands hello info manager marketing media office parcerias partner partners pr press \
    sales talent talents team work";
/// The same in what stands before an address, as a part and as a whole word.
pub const BUSINESS_LABEL_PARTS: &str = "\
    anfrage colab comercial kooperation negocio parceri partenariat reklam реклам сотруднич 협업 협찬 仕事 合作 商务 商務";
pub const BUSINESS_LABEL_WORDS: &str = "ads advertising agency agent brand brands manager marketing pr press work";
/// In an address a sign of business too, before it a weak one.
pub const CONTACT_PARTS: &str = "contact contato kontakt";
/// Last labels that say nothing of business: a general one, and Puerto Rico's.
pub const PLAIN_SUFFIXES: &str = "info pr";

/// Whether it is one of these words, which are separated by spaces; in whatever case, in ASCII.
pub fn is_one_of(word: &str, words: &str) -> bool {
    words.split(' ').any(|one| one.eq_ignore_ascii_case(word))
}

/// Whether one of these words is in a text in lower case, or in one of its words.
pub fn has_part(text: &str, parts: &str) -> bool {
    parts.split(' ').any(|part| text.contains(part))
}

/// Whether one of these words is a word of a text.
pub fn has_word(text: &str, words: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic()).any(|word| is_one_of(word, words))
}

pub fn is_mail_word(word: &str) -> bool {
    // Longer than all of them: not worth a copy.
    word.len() <= 16 && is_one_of(&word.to_lowercase(), MAIL_WORDS)
}
