//! Texts that look like an address but aren't one: a placeholder, a time, a year, a price.

use super::hosts::is_mail_host;
use super::list::Words;

/// Placeholders for a name, at any host, as in forms and on signup pages; without dots and
/// underscores.
static PLACEHOLDERS: Words = Words::new(
    "\
    deinname donotreply firstnamelastname git ihrname imieinazwisko kullaniciadi meinname meunome meuusuario \
    mijnnaam minombre mittnamn miusuario monpseudo myhandle myname myuser myusername name \
    nazwauzytkownika nombredeusuario noreply nomdutilisateur nomeutente nutzername prenomnom seunome \
    seuusuario thisusername tunombre tuusuario user username vornamenachname votrenom votrepseudo \
    youremail yourhandle yourmail yourname yourusername",
);
/// Placeholders for a name at a mail host. At a creator's own domain they can be an address.
static PLACEHOLDERS_AT_MAIL_HOSTS: Words = Words::new(
    "\
    abc above account accountname address anything arroba beispiel benutzername brugernavn brukernavn \
    channel channelname correo cuenta ejemplo email emailaddress example fake fbname firstlast \
    firstname fullname gebruikersnaam gmail handle hesapadi ig ighandle igname igusername insta \
    instagram instahandle instaname isim jmeno kanalname kullaniciadim lastname login mail \
    mailaddress maxmustermann meuarroba meuinsta myinsta mytiktok namaakun name nazwa nick nickname nom \
    nombre nome nomeusuario pagename profile profilename pseudo samehandle samename screenname \
    something surname test thisname tiktok tiktokname ttname usuario xxx xxxx xxxxx xxxxxx youtube ytname",
);
/// Domains of example addresses, in the place of the reader's own domain.
static PLACEHOLDER_DOMAINS: Words = Words::new(
    "\
    address.com adresse.de domain.com dominio.com lastname.com meinedomain.de nachname.de yourbrand.com yourcompany.com \
    yourdomain.com yoursite.com yourwebsite.com",
);
/// Words that people put into their addresses against spam, and ask readers to remove.
const AGAINST_SPAM: [&str; 11] = [
    "antispam",
    "deletethis",
    "no-spam",
    "no.spam",
    "no_spam",
    "nospam",
    "remove-this",
    "remove.this",
    "remove_this",
    "removeme",
    "removethis",
];
/// Halves of a day that are also suffixes; after a number they are a time: "9.am".
static TIMES: Words = Words::new("am pm");
/// Units after an amount: "10k", "2x", "9pm", "5eur".
static UNITS: Words = Words::new("am eur h k m pm usd x");
/// Fewer digits than any telephone number has: "25", "2024". Some hosts give telephone numbers as
/// names.
const FEW_DIGITS: usize = 5;
/// More digits than "12.10.2025" has.
const DIGITS_OF_DATE: usize = 9;

/// Whether the name or the domain shows that this person doesn't exist.
pub fn is_nobody(local: &str, domain: &str) -> bool {
    let at_mail_host = is_mail_host(domain);
    is_placeholder(local, at_mail_host)
        || is_number(local, at_mail_host)
        || is_class(local)
        || is_amount(local)
        || is_time(domain)
        || PLACEHOLDER_DOMAINS.has(domain)
        || is_against_spam(local)
        || is_against_spam(domain)
}

fn is_placeholder(local: &str, at_mail_host: bool) -> bool {
    let name: String = local.chars().filter(|c| !matches!(c, '.' | '_' | '-')).collect();
    PLACEHOLDERS.has(&name) || (at_mail_host && PLACEHOLDERS_AT_MAIL_HOSTS.has(&name))
}

fn is_against_spam(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    AGAINST_SPAM.iter().any(|words| part.contains(words))
}

/// Whether it is a year, a date, or "24.7".
fn is_number(local: &str, at_mail_host: bool) -> bool {
    let digits = local.chars().filter(char::is_ascii_digit).count();
    let has_signs = digits < local.len();
    let has_only_signs = local.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '\'' | '$' | '+'));
    has_only_signs && digits < if has_signs && !at_mail_host { DIGITS_OF_DATE } else { FEW_DIGITS }
}

/// Whether it is a student's year of leaving school: "student'26".
fn is_class(local: &str) -> bool {
    local.rsplit_once('\'').is_some_and(|(_, year)| year.len() == 2 && year.bytes().all(|b| b.is_ascii_digit()))
}

fn is_amount(local: &str) -> bool {
    let amount = local.trim_start_matches('$');
    let unit = amount.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < amount.len() && (UNITS.has(unit) || amount.len() < local.len())
}

/// Whether it is a time: "8.pm", "9.am-5.pm", "10.30.am".
fn is_time(domain: &str) -> bool {
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let is_part = |part: &str| is_number(part) || TIMES.has(part);
    let last = domain.rsplit_once('.').map_or(domain, |(_, last)| last);
    TIMES.has(last) && domain.split(['.', '-']).all(is_part)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn placeholders_times_years_and_prices_are_not_addresses(
        #[values(
            "my.username@doe.com",
            "your_name@doe.com",
            "name@gmail.com",
            "handle@yahoo.com",
            "email@outlook.com",
            "live@8.pm",
            "doors@10.30.am",
            "gigs@9.am-5.pm",
            "25@doe.edu",
            "student'25@doe.edu",
            "2025@gmail.com",
            "'26@doe.edu",
            "24.7@doe.com",
            "12.10.2025@doe.com",
            "10k@doe.com",
            "9pm@doe.com",
            "2x@doe.com",
            "$5@doe.com",
            "$5off@doe.com",
            "jane@yourdomain.com",
            "vorname@nachname.de",
            "no-reply@doe.com",
            "git@doe.com",
            "jane.NOSPAM@doe.com",
            "jane@REMOVETHISdoe.com",
            "jane@nospam.doe.com"
        )]
        address: &str,
    ) {
        let (local, domain) = address.split_once('@').unwrap();
        assert!(is_nobody(local, domain));
    }

    #[rstest]
    fn names_that_resemble_placeholders_are_addresses(
        #[values(
            "me@doe.com",
            "id@doe.com",
            "email@doe.com",
            "insta@doe.com",
            "123456@qq.com",
            "12345@163.com",
            "1a@doe.com",
            "0601020304@orange.fr",
            "4ever@doe.com",
            "90skid@gmail.com",
            "joe@1doe.am",
            "joe@radio.fm",
            "joe@cafe.am"
        )]
        address: &str,
    ) {
        let (local, domain) = address.split_once('@').unwrap();
        assert!(!is_nobody(local, domain));
    }
}
