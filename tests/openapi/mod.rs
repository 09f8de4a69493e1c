//! `openapi.json` is the contract as it is: the document of today's types.

use std::path::Path;

use shared::openapi::document;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.json");

#[test]
fn it_is_up_to_date() {
    let expected = document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(PATH, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(Path::new(PATH)).unwrap_or_default();
    let command = "UPDATE_OPENAPI=1 cargo test --package system-tests --test system openapi";
    assert!(committed == expected, "openapi.json is stale; write it again with `{command}`");
}
