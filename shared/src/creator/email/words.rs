//! The words, signs and names in addresses and in the text around them.

use super::list::{Parts, Words};

/// Words before a spaced at sign that belong to the sentence: "mail me @ gmail.com".
pub static NO_NAMES: Words = Words::new(
    "\
    above active all also always and anytime apply ask at available back based be below best better bio book busy buy by \
    call catch chat check click come correo dm done e-mail either email enquire everyone everything find follow \
    found free from get gmail go got happy her here hey hi him hit hmu home in inquire instead is it join just know \
    latest listen live look looking loved mail me meet message messages mostly my never new news nice no not nothing now \
    of off often ok okay on online only open or order our out over people perfect ping please questions quick reach \
    reachable read same see seen send sent shop sitting soon sometimes start started stay still stop subscribe tag \
    talk tell text thanks that the them then there they this to today together try type u up us usually via video visit \
    waiting was watch we welcome were with work working write writing yes yo you",
);
/// Words directly before a name with a spelled-out at sign: "contact me jane at gmail dot com".
/// After any other word, the name may begin earlier: "jane doe at gmail dot com".
pub static LEADS: Words = Words::new(
    "\
    a adresse an at auf by chez contact contacta contacto contato de des dm en escribe escribeme escríbeme for für hier hit id im in is ist kontakt me mi mir moi mon my on or ou oder para par per pour reach schreib scrivi \
    scrivimi to us use via with write y o e и на por",
);

/// Words for mail, and the signs for it.
static MAIL_WORDS: Words = Words::new(
    "\
    correo correio e-mail e-posta email eposta mail mailto pochta почта メール 메일 이메일 邮箱 郵箱 信箱",
);
pub const MAIL_SIGNS: &str = "✉💌📤📥📧📨📩📪📫📬📭📮🖂";
/// Words that ask readers to write. After them, a name at a mail host is an address: "문의 name
/// @naver.com".
pub static ASKING_WORDS: Words = Words::new(
    "\
    contact contacto contato enquiries enquiry inquiries inquiry iletişim kontakt связь 문의 협찬문의 광고문의 협업문의 \
    비즈니스문의 섭외 연락처 연락 联系 聯絡 連絡 連絡先 連絡先は お問い合わせ للتواصل للاعلان للإعلان",
);
/// Signs between a word for mail and an address.
pub const POINTERS: &str = ":：=→➔➜➡👉";

/// Beginnings of job titles, before a hyphen: "ex-PM".
pub static TITLE_BEGINNINGS: Words = Words::new("back co data ex front full post pre qa self semi sub vice");

/// Suffixes under which a domain with spaced dots is accepted: common ones that aren't words.
pub const ORDINARY_SUFFIXES: &str = "\
    co.id co.in co.jp co.kr co.nz co.uk co.za com com.ar com.au com.br com.mx com.tr net org";
/// Suffixes that, in capitals, are more often words: "name@cafe.com.DM me".
pub static CAPITAL_WORDS: Words = Words::new("ad ai am as at be by dm do et in io is it la me my no pr so to tv us");

/// Suffixes that are last, unless the public suffix list has a longer suffix, such as `com.au`.
pub static LAST_LABELS: Words = Words::new("com net org");
/// Suffixes that are much more often file extensions.
pub static FILE_ENDINGS: Words = Words::new("mov zip");

/// Capitalised words before a hyphen that label the text after it: "Email-name@gmail.com".
/// "Contact-us" is a name itself, and telephones capitalise the first word of a line.
pub const LABELS: &str = "correo e-mail email mail mailto";
/// More labels, for hosts whose names have no hyphen; case doesn't matter.
pub const MORE_LABELS: &str = "\
    ads biz booking bookings brand brands business collab collabs contact contacto contato coop dm e email-id enq \
    enquiries enquiry enquirys gmail id info inq inqs inquiries inquiry inquirys mail-id mailid management mgmt pr promo \
    promos promotion sponsor sponsors work";

/// Signs of business even inside a word, in an address and before it: `janedoebusiness`.
pub static BUSINESS_PARTS: Parts = Parts::new(
    "\
    biz booking business collab enquir inquir management mgmt partnership promo sponsor ugc workwith",
);
/// Signs of business if they are a whole word in an address.
pub static BUSINESS_WORDS: Words = Words::new(
    "\
    ads advertising agency brand brands hello info manager marketing media office parcerias partner partners pr press \
    sales talent talents team work",
);
/// Words for business in the text before an address: as a part of a word, and as a whole word.
pub static BUSINESS_LABEL_PARTS: Parts = Parts::new(
    "\
    anfrage colab comercial kooperation negocio parceri partenariat reklam реклам сотруднич 협업 협찬 仕事 合作 商务 商務",
);
pub static BUSINESS_LABEL_WORDS: Words =
    Words::new("ads advertising agency agent brand brands manager marketing pr press work");
/// Signs of business in an address, and weak signs before an address.
pub static CONTACT_PARTS: Parts = Parts::new("contact contato kontakt");
/// Last labels that aren't a sign of business: a general one, and Puerto Rico's.
pub static PLAIN_SUFFIXES: Words = Words::new("info pr");

pub fn is_mail_word(word: &str) -> bool {
    // Longer words can't be one of them, so they aren't copied.
    word.len() <= 16 && MAIL_WORDS.has(&word.to_lowercase())
}

pub fn has_letters(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}
