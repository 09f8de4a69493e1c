//! The lists in the README and the pages agree with the code.

use serde_json::Value;
use shared::account::{ApiKey, Mode};
use shared::config::{provider_variables, variables};
use shared::contract::{Endpoint, ErrorCode};
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, Key, order};
use strum::IntoEnumIterator;
use system_tests::Stack;
use system_tests::fixtures::entry;

const README: &str = include_str!("../README.md");
const API: &str = include_str!("../docs/api.md");
const CONFIGURATION: &str = include_str!("../docs/configuration.md");
const NUMBERS: &str = include_str!("../docs/numbers.md");
const PROVIDERS: &str = include_str!("../docs/providers.md");

/// The rows of the tables below this heading of a page, as cells.
fn rows_below(page: &'static str, heading: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let behind = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    rows_of(behind.split("\n## ").next().unwrap())
}

/// The rows of a page's tables, as cells.
fn rows_of(page: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(str::trim).collect())
}

#[test]
fn the_page_on_configuration_lists_every_variable_with_its_default() {
    let listed: Vec<_> = rows_of(CONFIGURATION).filter(|row| row[0].starts_with('`')).collect();
    for (name, default) in variables() {
        let row = listed.iter().find(|row| row[0] == format!("`{name}`"));
        let row = row.unwrap_or_else(|| panic!("docs/configuration.md has no row {name}"));
        let expected = if default.is_empty() { String::new() } else { format!("`{default}`") };
        assert_eq!(row[1].split(';').next(), Some(expected.as_str()), "{name}");
    }
    assert_eq!(listed.len(), variables().len(), "the page lists nothing else");
}

#[test]
fn the_page_on_the_api_lists_every_error_code_with_its_status() {
    for code in ErrorCode::iter() {
        let status = code.status().as_u16().to_string();
        let name = format!("`{code}`");
        assert!(rows_below(API, "Errors").any(|row| row[0] == status && row[1] == name), "{status} {name}");
    }
}

#[test]
fn the_readme_lists_every_endpoint() {
    for endpoint in Endpoint::iter() {
        let name = format!("`{} {}`", endpoint.spec().method(), endpoint.spec().path);
        assert!(rows_below(README, "Endpoints").any(|row| row[0] == name), "{name}");
    }
}

#[test]
fn the_readmes_first_curl_has_the_public_test_key() {
    assert!(README.contains(ApiKey::public(Mode::Test).reveal()));
}

#[test]
fn the_page_on_providers_lists_every_variable_with_its_default() {
    let listed: Vec<_> = rows_of(PROVIDERS).filter(|row| row[0].starts_with('`')).collect();
    for (name, default) in provider_variables() {
        let row = listed.iter().find(|row| row[0] == format!("`{name}`"));
        let row = row.unwrap_or_else(|| panic!("docs/providers.md has no row {name}"));
        assert!(default.is_empty() || row[1] == format!("`{default}`"), "{name}: {}", row[1]);
    }
    assert_eq!(listed.len(), provider_variables().len(), "the page lists nothing else");
}

#[test]
fn the_page_on_providers_has_the_key_cost_and_operations_of_each_provider() {
    let sections: Vec<_> = PROVIDERS.split("\n### ").skip(1).collect();
    for entry in ENTRIES {
        let name = entry.name;
        let section = sections.iter().find(|section| section.starts_with(&format!("{name}\n")));
        let section = section.unwrap_or_else(|| panic!("docs/providers.md has no section {name}"));
        let key = entry.key.map_or("keyless", Key::variable);
        for part in [key, "**Cost**", "**Gives**", "**Limits**", "**Terms**"] {
            assert!(section.contains(part), "{name}: {part}");
        }
        let key = rows_of(PROVIDERS).find(|row| row[0] == format!("`{key}`"));
        let is_listed = key.is_none_or(|row| row[2].split(", ").any(|listed| listed == name));
        assert!(is_listed, "{name} is missing in the table of keys of docs/providers.md");
    }
    assert_eq!(sections.len(), ENTRIES.len(), "docs/providers.md has sections of other providers");
}

#[test]
fn the_page_on_numbers_has_the_details_of_each_provider_of_posts() {
    let listed: Vec<&str> = rows_below(NUMBERS, "Details of a post").map(|row| row[0]).collect();
    for provider in Platform::iter().flat_map(|platform| order(platform, Operation::PostStats)) {
        let is_listed = listed.iter().any(|cell| cell.split([',', ';']).any(|name| name.trim() == *provider));
        assert!(is_listed, "{provider} has no row in the table of details in docs/numbers.md");
    }
}

#[test]
fn the_readme_lists_the_providers_of_each_platform_and_key() {
    for (place, platform) in Platform::iter().enumerate() {
        for provider in Operation::iter().flat_map(|operation| order(platform, operation)) {
            let key = entry(provider)
                .key
                .map_or("none, `KEYLESS_PROVIDERS=on`".to_owned(), |key| format!("`{}`", key.variable()));
            let row = rows_below(README, "Providers").find(|row| row[0] == key);
            let row = row.unwrap_or_else(|| panic!("README.md, Providers: no row for {key}"));
            let is_listed = row[place + 1].split(", ").any(|listed| listed == *provider);
            assert!(is_listed, "README.md, Providers: {provider} is missing for {platform}");
        }
    }
}

/// The first link to a post of this platform in the table of forms, and the post's id.
fn first_post(platform: Platform) -> (&'static str, &'static str) {
    let rows = include_str!("../shared/src/platform/forms.tsv").lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let mut of_platform = rows.filter(|row| row[0] == platform.to_string());
    of_platform.find_map(|row| Some((row[1], row[2].strip_prefix("post ")?))).unwrap()
}

#[tokio::test]
async fn the_reserved_ids_return_the_listed_answers_on_every_platform() {
    let stack = Stack::start().await;
    let reserved: Vec<_> = rows_below(API, "Sandbox").filter(|row| row[0].starts_with('`')).collect();
    assert_eq!(reserved.len(), 14);
    for (link, id) in Platform::iter().map(first_post) {
        let beginning = if id.bytes().all(|byte| byte.is_ascii_digit()) { "900000000000000" } else { "sandbox" };
        let customer = stack.customer("0", 60).await;
        for row in &reserved {
            let url = link.replace(id, &format!("{beginning}{}", row[0].trim_matches('`')));
            let answer = stack.post_stats(&customer.test, &url).await;
            assert!(row[1].starts_with(&answer.status.to_string()), "{url}: {answer:?}");
            assert!(answer.status == 200 || row[1].contains(answer.code()), "{url}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn the_readmes_first_answer_is_the_actual_answer() {
    let stack = Stack::start().await;
    let shown = README.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let mut shown: Value = serde_json::from_str(shown).unwrap();
    let mut answer =
        stack.post_stats(&ApiKey::public(Mode::Test), shown["data"]["post_url"].as_str().unwrap()).await.body;
    for body in [&mut shown, &mut answer] {
        body["data"]["fetched_at"] = Value::Null;
        body["meta"]["request_id"] = Value::Null;
    }
    assert_eq!(answer, shown);
}
