//! Any text is read as a link without a panic, and what it is read as has an address that reads back as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::platform::parse;

fuzz_target!(|text: &str| {
    if let Ok(link) = parse(text, None) {
        assert_eq!(parse(link.url(), None), Ok(link.clone()), "{text:?} -> {}", link.url());
    }
});
