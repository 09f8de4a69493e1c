//! Mail hosts: their domains, and the names that can exist there.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::domain::suffix_length;
use super::list::Words;

/// Mail hosts by their name, under any suffix.
static NAMES: Words = Words::new(
    "\
    fastmail gmail gmx googlemail hanmail hotmail icloud outlook protonmail rediffmail rocketmail tutanota ymail",
);
/// Mail hosts by their domain, because the name alone can belong to others.
static DOMAINS: Words = Words::new(
    "\
    126.com 163.com bk.ru bol.com.br foxmail.com freenet.de inbox.ru libero.it list.ru live.ca live.co.uk live.de \
    live.fr live.it live.nl mac.com msn.com o2.pl pm.me proton.me tuta.com tuta.io wanadoo.fr web.de",
);
/// Mail hosts whose name after an at sign can also mean something else: an employer, as in
/// "reporter @ aol.com", or a word.
static UNSURE_NAMES: Words = Words::new("aol laposte naver rambler yahoo yandex zoho");
static UNSURE_DOMAINS: Words = Words::new(
    "\
    att.net comcast.net daum.net free.fr hey.com interia.pl kakao.com live.com mail.com mail.ru me.com mynet.com \
    orange.fr qq.com seznam.cz t-online.de terra.com.br uol.com.br verizon.net wp.pl ya.ru",
);
/// Mail hosts whose domain has no further suffix: "name@gmail.com.dm me".
pub const WHOLE_DOMAINS: &str = "gmail.com googlemail.com icloud.com";

/// A host's rules for names.
pub struct Names {
    /// By name, under any suffix, or by domain.
    hosts: Words,
    /// In addition to letters and digits.
    signs: &'static str,
    /// In letters and digits, without the tag after a plus, which the owner chooses.
    longest: usize,
    /// The host gives no shorter name today; a few older names are shorter.
    shortest: usize,
}

/// Sources: the hosts' own help about choosing an address: Google's "Create a username",
/// Microsoft's "Add or remove an email alias", Yahoo's "Yahoo ID requirements". Lengths are here
/// only if the help names them for all accounts.
static GIVEN: [Names; 3] = [
    Names { hosts: Words::new("gmail.com googlemail.com"), signs: ".", longest: 30, shortest: 6 },
    Names { hosts: Words::new("hotmail live.com msn.com outlook"), signs: "._-", longest: 64, shortest: 1 },
    Names { hosts: Words::new("yahoo ymail.com rocketmail.com"), signs: "._-", longest: 64, shortest: 1 },
];

impl Names {
    /// The rules of this host, if they are known.
    pub fn at(domain: &str) -> Option<&'static Self> {
        GIVEN.iter().find(|names| is_named(domain, &names.hosts, &names.hosts))
    }

    /// Whether a local part can exist under these rules.
    pub fn have(&self, local: &str) -> bool {
        let name = before_plus(local);
        let is_known = |c: char| c.is_ascii_alphanumeric() || self.signs.contains(c);
        name.chars().all(is_known) && length(name) <= self.longest
    }

    /// Whether no name can have this sign.
    pub fn lack(&self, sign: char) -> bool {
        !self.signs.contains(sign)
    }

    /// Whether a local part is shorter than the names that the host gives today.
    pub fn are_longer_than(&self, local: &str) -> bool {
        length(before_plus(local)) < self.shortest
    }
}

/// The name without its owner's tag.
fn before_plus(local: &str) -> &str {
    local.split_once('+').map_or(local, |(name, _)| name)
}

fn length(name: &str) -> usize {
    name.chars().filter(char::is_ascii_alphanumeric).count()
}

pub fn is_mail_host(domain: &str) -> bool {
    is_named(domain, &NAMES, &DOMAINS) || is_unsure_mail_host(domain)
}

/// Whether the domain is a mail host's whose name also means something else.
pub fn is_unsure_mail_host(domain: &str) -> bool {
    is_named(domain, &UNSURE_NAMES, &UNSURE_DOMAINS)
}

/// Whether the word, without a suffix, is the name of a mail host and means nothing else.
pub fn is_mail_host_name(word: &str) -> bool {
    NAMES.has(word)
}

/// The first labels of mail hosts' domains.
static FIRST_LABELS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let hosts = [&NAMES, &DOMAINS, &UNSURE_NAMES, &UNSURE_DOMAINS];
    hosts.iter().flat_map(|hosts| hosts.iter()).filter_map(|domain| domain.split('.').next()).collect()
});

/// Whether a mail host's domain begins with this label.
pub fn begins_mail_host(label: &str) -> bool {
    FIRST_LABELS.contains(label.to_ascii_lowercase().as_str())
}

/// Whether the domain has one of these names under a public suffix, or is one of these domains.
fn is_named(domain: &str, names: &Words, domains: &Words) -> bool {
    let is_name = |name: &str, suffix: &str| names.has(name) && suffix_length(suffix) == labels_in(suffix);
    domains.has(domain) || domain.split_once('.').is_some_and(|(name, suffix)| is_name(name, suffix))
}

pub fn labels_in(domain: &str) -> usize {
    domain.split('.').count()
}
