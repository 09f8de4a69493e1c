//! The README is true: what it lists is what there is.

use serde_json::Value;
use shared::account::{ApiKey, Mode};
use shared::config::VARIABLES;
use shared::contract::{Endpoint, ErrorCode};
use strum::IntoEnumIterator;
use system_tests::Stack;

const README: &str = include_str!("../README.md");

/// The rows of its tables, as cells.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = README.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(str::trim).collect())
}

#[test]
fn it_lists_every_variable_with_its_default() {
    let listed: Vec<_> = rows().filter(|row| row.len() == 3 && row[0].starts_with('`')).collect();
    for (name, default) in VARIABLES {
        let row = listed.iter().find(|row| row[0] == format!("`{name}`"));
        let row = row.unwrap_or_else(|| panic!("{name} is missing"));
        let expected = if default.is_empty() { String::new() } else { format!("`{default}`") };
        assert_eq!(row[1].split(';').next(), Some(expected.as_str()), "{name}");
    }
    assert_eq!(listed.iter().filter(|row| row[0].to_uppercase() == row[0]).count(), VARIABLES.len(), "nothing else");
}

#[test]
fn it_lists_every_error_code_with_its_status() {
    for code in ErrorCode::iter() {
        let status = code.status().as_u16().to_string();
        let name = format!("`{code}`");
        assert!(rows().any(|row| row[0] == status && row[1] == name), "{status} {name}");
    }
}

#[test]
fn it_lists_every_endpoint() {
    for endpoint in Endpoint::iter() {
        let name = format!("`{} {}`", endpoint.method(), endpoint.path());
        assert!(rows().any(|row| row[0] == name), "{name}");
    }
}

#[test]
fn its_first_curl_has_the_demo_accounts_test_key() {
    assert!(README.contains(ApiKey::demo(Mode::Test).reveal()));
}

#[tokio::test]
async fn its_reserved_ids_provoke_what_it_says() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let reserved: Vec<_> = rows().filter(|row| row[0].starts_with("`9000")).collect();
    assert_eq!(reserved.len(), 8);
    for row in reserved {
        let url = format!("https://www.tiktok.com/@a/video/{}", row[0].trim_matches('`'));
        let answer = stack.post_stats(&customer.test, &url).await;
        assert!(row[1].starts_with(&answer.status.to_string()), "{row:?}: {answer:?}");
        assert!(answer.status == 200 || row[1].contains(answer.code()), "{row:?}: {answer:?}");
    }
}

#[tokio::test]
async fn its_first_answer_is_the_one_that_comes() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let shown = README.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let mut shown: Value = serde_json::from_str(shown).unwrap();
    let mut answer = stack.post_stats(&customer.test, shown["data"]["post_url"].as_str().unwrap()).await.body;
    for body in [&mut shown, &mut answer] {
        body["data"]["fetched_at"] = Value::Null;
        body["meta"]["request_id"] = Value::Null;
    }
    assert_eq!(answer, shown);
}
