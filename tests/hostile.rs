//! Tries the inputs of earlier fuzzing runs that reached much code, in each run of the tests.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rstest::rstest;
use serde_json::Value;
use system_tests::hostile::{PROPERTIES, tells};
use system_tests::{fixtures, watch_the_log};

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let file = format!("{}/../fuzz/seeds/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let seeds: Vec<Value> = serde_json::from_str(&text).unwrap();
    let seed = |seed: &Value| match seed.as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => BASE64_STANDARD.decode(seed[0].as_str().unwrap()).unwrap(),
    };
    seeds.iter().map(seed).collect()
}

#[rstest]
fn every_property_of_all_input_holds_for_every_seed(
    #[values("links", "usernames", "bodies", "keys", "mappings", "bios")] name: &str,
) {
    watch_the_log();
    let (_, property) = PROPERTIES.iter().find(|(known, _)| *known == name).unwrap();
    for seed in seeds(name) {
        property(&seed);
    }
}

#[test]
fn every_provider_has_a_seed_that_gives_an_answer() {
    let told: BTreeSet<String> = seeds("mappings").iter().filter_map(|seed| tells(seed)).collect();
    let all = fixtures::all();
    let missing: Vec<_> = all.difference(&told).collect();
    assert!(missing.is_empty(), "add seeds to fuzz/seeds/mappings.json, as CONTRIBUTING.md says: {missing:?}");
}
