//! The names of an address's signs, by language.

use super::list::Words;

/// The meaning of a word or phrase between the parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    At(Meaning),
    Joint(char),
}

/// How certainly a word means the at sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Usual,
    Clear,
    Bracketed,
    Sounded,
}

/// One language's words and phrases for the signs, separated by bars, in lower case.
struct Language {
    /// The at sign, in brackets or between spaces. The words of the other three fields aren't
    /// repeated here.
    at: &'static str,
    /// The at sign, as a word with no other meaning.
    clear_at: &'static str,
    /// The at sign, as a word that means an animal or a cake in a sentence: accepted only in
    /// brackets.
    bracketed_at: &'static str,
    /// The at sign by its sound, as a word with another meaning: accepted in brackets, and at a
    /// mail host.
    sounded_at: &'static str,
    dot: &'static str,
    underscore: &'static str,
    hyphen: &'static str,
    plus: &'static str,
}

const NONE: Language =
    Language { at: "", clear_at: "", bracketed_at: "", sounded_at: "", dot: "", underscore: "", hyphen: "", plus: "" };

/// Sources: the articles "At sign", "Underscore", "Hyphen" and "Plus and minus signs" in the
/// Wikipedias of these languages, and bios.
const LANGUAGES: [Language; 25] = [
    // English.
    Language {
        at: "at",
        bracketed_at: "a",
        dot: "dot|period",
        underscore: "underscore|under score|under-score",
        hyphen: "dash|hyphen",
        plus: "plus",
        ..NONE
    },
    // German.
    Language {
        at: "ät|æt",
        bracketed_at: "klammeraffe|affenschwanz",
        dot: "punkt",
        underscore: "unterstrich",
        hyphen: "bindestrich|minus",
        ..NONE
    },
    // Spanish.
    Language {
        clear_at: "arroba",
        dot: "punto",
        underscore: "guion bajo|guión bajo|barra baja|subguion|subguión",
        hyphen: "guion|guión|guion medio|guión medio",
        plus: "más|mas",
        ..NONE
    },
    // Portuguese.
    Language {
        dot: "ponto",
        underscore: "underline|sublinhado|traço baixo|traco baixo|sublinha",
        hyphen: "hífen|hifen|traço|traco",
        plus: "mais",
        ..NONE
    },
    // French.
    Language {
        clear_at: "arobase|arrobase|arobas",
        sounded_at: "à",
        dot: "point",
        underscore: "tiret bas|tiret du bas|tiret du 8|tiret du huit|souligné",
        hyphen: "tiret|tiret du milieu|tiret du 6|trait d'union",
        ..NONE
    },
    // Italian.
    Language {
        clear_at: "chiocciola|chiocciolina",
        underscore: "trattino basso|sottolineato",
        hyphen: "trattino|meno",
        plus: "più|piu",
        ..NONE
    },
    // Dutch.
    Language {
        clear_at: "apenstaartje|apestaartje|apenstaart|apestaart",
        dot: "punt",
        underscore: "laag streepje|liggend streepje|lage streep",
        hyphen: "streepje|koppelteken",
        ..NONE
    },
    // Swedish.
    Language {
        clear_at: "snabel-a|snabela",
        bracketed_at: "snabel a|kanelbulle",
        underscore: "understreck",
        hyphen: "bindestreck",
        ..NONE
    },
    // Danish and Norwegian.
    Language {
        clear_at: "krøllalfa|krøll-alfa|alfakrøll|krollalfa",
        bracketed_at: "snabel",
        dot: "punktum|prikk|prik",
        underscore: "understrek|understregning|bundstreg",
        hyphen: "bindestrek|bindestreg",
        ..NONE
    },
    // Finnish.
    Language {
        clear_at: "miukumauku|ät-merkki",
        bracketed_at: "miuku mauku|kissanhäntä",
        dot: "piste",
        underscore: "alaviiva",
        hyphen: "väliviiva|yhdysmerkki|viiva",
        ..NONE
    },
    // Polish.
    Language {
        bracketed_at: "małpa|malpa|małpka|malpka",
        dot: "kropka",
        underscore: "podkreślnik|podkreslnik|podkreślenie|podłoga|podloga",
        hyphen: "myślnik|myslnik|kreska",
        ..NONE
    },
    // Czech and Slovak.
    Language {
        bracketed_at: "zavináč|zavinac",
        dot: "tečka|tecka|bodka",
        underscore: "podtržítko|podtrzitko|podčiarkovník|podciarkovnik",
        hyphen: "pomlčka|pomlcka|spojovník|spojovnik",
        ..NONE
    },
    // Hungarian.
    Language {
        bracketed_at: "kukac",
        dot: "pont",
        underscore: "alulvonás|alulvonas|alsóvonás|alsó vonás",
        hyphen: "kötőjel|kotojel",
        ..NONE
    },
    // Romanian.
    Language {
        bracketed_at: "arond|a rond|coadă de maimuță|coada de maimuta",
        dot: "punct",
        underscore: "liniuță jos|liniuta jos|linie jos",
        hyphen: "cratimă|cratima|liniuță|liniuta",
        ..NONE
    },
    // Croatian, Serbian, Slovene.
    Language {
        bracketed_at: "manki|majmunsko a|ludo a|afna|ет|мајмунче|лудо а",
        dot: "točka|tocka|tačka|tacka|тачка",
        underscore: "podvlaka|donja crta|podčrtaj|podcrtaj",
        hyphen: "crtica|vezaj",
        ..NONE
    },
    // Turkish.
    Language {
        bracketed_at: "kuyruklu a|at işareti",
        sounded_at: "et",
        dot: "nokta",
        underscore: "alt çizgi|alt cizgi|altçizgi|alt tire",
        hyphen: "tire|kısa çizgi|kisa cizgi",
        plus: "artı|arti",
        ..NONE
    },
    // Russian and Ukrainian.
    Language {
        at: "собака",
        bracketed_at: "собачка|эт|ат|равлик",
        dot: "точка|крапка",
        underscore: "нижнее подчеркивание|нижнее подчёркивание|подчеркивание|подчёркивание|нижний пробел|андерскор|\
                     нижнє підкреслення|підкреслення",
        hyphen: "дефис|тире|минус|мінус|дефіс",
        plus: "плюс",
        ..NONE
    },
    // Bulgarian and Macedonian.
    Language {
        bracketed_at: "кльомба|маймунско а|мајмун", underscore: "долна черта", hyphen: "чертичка|црта", ..NONE
    },
    // Greek.
    Language {
        bracketed_at: "παπάκι|παπακι",
        dot: "τελεία|τελεια",
        underscore: "κάτω παύλα|κατω παυλα",
        hyphen: "παύλα|παυλα",
        ..NONE
    },
    // Hebrew and Arabic.
    Language {
        bracketed_at: "שטרודל|כרוכית|آت|ات|أت",
        dot: "נקודה|دوت|نقطة|نقطه",
        underscore: "קו תחתון|شرطة سفلية|اندر سكور|أندرسكور|اندرسكور",
        hyphen: "מקף|شرطة",
        ..NONE
    },
    // Korean.
    Language {
        at: "골뱅이",
        bracketed_at: "앳",
        dot: "닷|점|쩜",
        underscore: "밑줄|언더바|언더스코어",
        hyphen: "하이픈|대시|빼기",
        plus: "플러스",
        ..NONE
    },
    // Japanese.
    Language {
        at: "アット",
        bracketed_at: "あっと|アットマーク|あっとまーく",
        dot: "ドット|どっと",
        underscore: "アンダーバー|アンダースコア|アンダーライン",
        hyphen: "ハイフン",
        plus: "プラス",
        ..NONE
    },
    // Chinese.
    Language {
        bracketed_at: "艾特|圈a|小老鼠",
        dot: "点|點",
        underscore: "下划线|下劃線|底線|下横线",
        hyphen: "横杠|減號|减号|橫線",
        ..NONE
    },
    // Vietnamese, Indonesian and Malay.
    Language {
        bracketed_at: "a còng|a cong|a móc|a keong",
        dot: "chấm|titik",
        underscore: "gạch dưới|gach duoi|garis bawah",
        hyphen: "gạch ngang|gach ngang|tanda hubung|strip",
        ..NONE
    },
    // Hindi and Thai.
    Language {
        bracketed_at: "एट|แอด|แอท",
        dot: "डॉट|จุด",
        underscore: "अंडरस्कोर|ขีดล่าง|อันเดอร์สกอร์",
        hyphen: "डैश|ขีดกลาง|ขีด",
        ..NONE
    },
];

/// Digits as words, which can belong to a name: "jane zero seven at gmail dot com".
static NUMBERS: Words = Words::new(
    "\
    acht alti altı beş bes bir cero cinco cinq cinque cuatro deux dix dois dokuz doppelnull double dört dos drei eight \
    eins fünf huit iki neun nine nove nueve ocho oito one otto quatre quatro quattro sei seis sekiz sept sete sette \
    seven sechs sieben siete sıfır six tre tres três triple trois two uno un une vier yedi zero zéro zwei",
);

/// All words and phrases of all languages, with their meanings.
pub fn phrases() -> impl Iterator<Item = (&'static str, Sign)> {
    let written = LANGUAGES.iter().flat_map(Language::signs);
    written
        .flat_map(|(phrases, sign)| phrases.split('|').map(move |phrase| (phrase, sign)))
        .filter(|(phrase, _)| !phrase.is_empty())
}

impl Language {
    fn signs(&self) -> [(&'static str, Sign); 8] {
        [
            (self.at, Sign::At(Meaning::Usual)),
            (self.clear_at, Sign::At(Meaning::Clear)),
            (self.bracketed_at, Sign::At(Meaning::Bracketed)),
            (self.sounded_at, Sign::At(Meaning::Sounded)),
            (self.dot, Sign::Joint('.')),
            (self.underscore, Sign::Joint('_')),
            (self.hyphen, Sign::Joint('-')),
            (self.plus, Sign::Joint('+')),
        ]
    }
}

/// Whether it is a digit as a word.
pub fn is_number_word(word: &str) -> bool {
    NUMBERS.has(word)
}
