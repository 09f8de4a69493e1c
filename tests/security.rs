//! The promises of docs/security.md. All tests that its table names exist; this file has the tests
//! that fit in no other file.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::contract::Endpoint;
use system_tests::{POST, Stack, api23_post};
use yaml_rust2::{Yaml, YamlLoader};

const PAGE: &str = include_str!("../docs/security.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const TOP_10: [&str; 10] = [
    "API1:2023 Broken Object Level Authorization",
    "API2:2023 Broken Authentication",
    "API3:2023 Broken Object Property Level Authorization",
    "API4:2023 Unrestricted Resource Consumption",
    "API5:2023 Broken Function Level Authorization",
    "API6:2023 Unrestricted Access to Sensitive Business Flows",
    "API7:2023 Server Side Request Forgery",
    "API8:2023 Security Misconfiguration",
    "API9:2023 Improper Inventory Management",
    "API10:2023 Unsafe Consumption of APIs",
];

/// Whether the file has a test of this name.
fn has_test(file: &str, name: &str) -> bool {
    let text = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_default();
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    before.rsplit("\n\n").next().is_some_and(|attributes| attributes.contains("test]") || attributes.contains("test("))
}

#[test]
fn the_page_names_all_ten_risks_and_each_has_existing_tests() {
    let rows: Vec<Vec<&str>> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| API")?.strip_suffix('|'))
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    let risks: Vec<String> = rows.iter().map(|row| format!("API{}", row[0])).collect();
    assert_eq!(risks, TOP_10);
    for row in &rows {
        assert!(!row[1].is_empty());
        let tests: Vec<&str> = row[2].split(", ").collect();
        for test in tests {
            let named: Vec<&str> = test.split('`').filter(|part| !part.trim().is_empty()).collect();
            let [file, name] = named.as_slice() else { panic!("{test} isn't a file and a test") };
            assert!(has_test(file, name), "{file} has no test {name}");
        }
    }
}

#[tokio::test]
async fn a_request_reaches_only_the_account_of_its_key() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let [own, other] = [stack.customer("1", 60).await, stack.customer("1", 60).await];
    let before = items_of(&stack, "Accounts", other.account.as_str()).await;
    assert!(!before.is_empty());
    let others = other.account.as_str();
    let body = json!({"url": POST, "account": others, "account_id": others, "key": other.live.id()}).to_string();
    let headers = [("x-api-key", own.live.reveal()), ("x-account", others), ("x-account-id", others)];
    let path = format!("/v1/post/stats?account={others}&account_id={others}");
    let answer = stack.send("POST", &path, &headers, body).await;
    assert_eq!((answer.status, answer.header("x-balance")), (200, "0.999"), "{answer:?}");
    for path in [format!("/v1/accounts/{others}"), format!("/v1/ping/{others}"), format!("/v1/ping?account={others}")] {
        let answer = stack.get(&own.live, &path).await;
        assert!(!answer.body.to_string().contains(others), "{answer:?}");
    }
    assert_eq!(items_of(&stack, "Accounts", others).await, before);
}

#[tokio::test]
async fn unknown_fields_of_a_body_change_nothing() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let mut body = json!({"url": POST, "price": 0, "charge": "0", "balance": "99", "mode": "test", "cached": true});
    for (name, value) in [("provider", "sandbox"), ("base_url", "http://127.0.0.1/"), ("rate_limit", "1000000")] {
        body[name] = value.into();
    }
    body["__proto__"] = json!({"url": "https://127.0.0.1/"});
    let answer = stack.ask(Endpoint::PostStats, &customer.live, body.to_string()).await;
    assert_eq!((answer.status, answer.header("x-charge"), answer.header("x-balance")), (200, "0.001", "0.999"));
    assert_eq!(
        (&answer.body["data"]["provider"], &answer.body["meta"]["cached"]),
        (&json!("tiktok-api23"), &json!(false))
    );
    assert_eq!(answer.header("x-ratelimit-limit"), "60");
    let plain = stack.post_stats(&customer.live, POST).await;
    assert_eq!(plain.body["data"], answer.body["data"], "both bodies have the same answer");
}

#[tokio::test]
async fn stored_items_contain_nothing_that_works_as_a_key() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 200);
    assert_eq!(stack.post_stats(&customer.test, POST).await.status, 200);
    let stored = [items_of(&stack, "Accounts", "").await, items_of(&stack, "Cache", "").await];
    let stored = format!("{stored:?}");
    assert!(stored.contains(customer.account.as_str()) && stored.contains(&customer.live.id()), "{stored}");
    for key in [&customer.live, &customer.test] {
        let (secret, hash) = (&key.reveal()[18..48], key.hash());
        assert!(!stored.contains(secret), "{stored}");
        let hash = hash.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
        for stolen in
            [key.id(), hash.clone(), format!("ct_live_{hash}"), format!("{}{}", &key.reveal()[..18], &hash[..36])]
        {
            let answer = stack.send("GET", "/v1/ping", &[("x-api-key", &*stolen)], "").await;
            assert_eq!(answer.status, 401, "{stolen}");
        }
    }
}

/// All items of this table that name the account.
async fn items_of(stack: &Stack, table: &str, account: &str) -> Vec<HashMap<String, AttributeValue>> {
    let all = stack.direct.scan().table_name(table).send().await.unwrap();
    all.items().iter().filter(|item| format!("{item:?}").contains(account)).cloned().collect()
}

/// All strings in a part of the template.
fn texts<'a>(yaml: &'a Yaml, all: &mut Vec<&'a str>) {
    match yaml {
        Yaml::String(text) => all.push(text),
        Yaml::Array(parts) => parts.iter().for_each(|part| texts(part, all)),
        Yaml::Hash(parts) => parts.iter().for_each(|(_, part)| texts(part, all)),
        _ => {}
    }
}

#[test]
fn a_function_has_rights_only_to_named_actions_and_resources() {
    let reads = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
    let writes = ["dynamodb:PutItem", "dynamodb:UpdateItem"];
    let allowed: HashSet<&str> = reads.into_iter().chain(writes).chain(["secretsmanager:GetSecretValue"]).collect();
    let template = &YamlLoader::load_from_str(include_str!("../template.yaml")).unwrap()[0]["Resources"];
    let functions = template
        .as_hash()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"].as_str() == Some("AWS::Serverless::Function"));
    let mut count = 0;
    for (name, function) in functions {
        let name = name.as_str().unwrap();
        let Some(policies) = function["Properties"]["Policies"].as_vec() else {
            assert_eq!(name, "SiteFunction", "only the site's function has no rights");
            assert!(function["Properties"]["Policies"].is_badvalue(), "{name} has a policy of another kind");
            continue;
        };
        for statement in policies.iter().flat_map(|policy| policy["Statement"].as_vec().into_iter().flatten()) {
            let mut actions = Vec::new();
            texts(&statement["Action"], &mut actions);
            assert!(
                !actions.is_empty() && actions.iter().all(|action| allowed.contains(action)),
                "{name}: {actions:?}"
            );
            let mut resources = Vec::new();
            texts(&statement["Resource"], &mut resources);
            let known = ["AccountsTable.Arn", "CacheTable.Arn", "ProviderKeys"];
            assert!(!resources.is_empty() && resources.iter().all(|one| known.contains(one)), "{name}: {resources:?}");
            count += 1;
        }
        assert!(
            policies.iter().all(|policy| policy["Statement"].as_vec().is_some()),
            "{name} has a policy of another kind"
        );
    }
    assert!(count > 0);
}
