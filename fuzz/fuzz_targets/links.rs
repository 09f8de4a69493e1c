//! Any text is read as a link without a panic, what it is read as has an address that reads back as the same, and an empty fragment,
//! with which plain addresses go to the WHATWG parser too, changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::platform::parse;

fuzz_target!(|text: &str| {
    let is_whole = text.len() < 2048 && text.ends_with(|last: char| last.is_ascii_graphic()) && !text.contains('#');
    if is_whole {
        assert_eq!(parse(&format!("{text}#"), None), parse(text, None), "{text:?}");
    }
    if let Ok(link) = parse(text, None) {
        assert_eq!(parse(link.url(), None), Ok(link.clone()), "{text:?} -> {}", link.url());
    }
});
