//! The list of tools that clients get.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::{Value, json};
use shared::contract::ErrorCode;
use shared::mcp::{endpoints, name};
use shared::openapi::{Operation, tools};
use strum::IntoEnumIterator;
use system_tests::Stack;

use super::{ask, call, public_key, sound};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/src/mcp/tools.json");
const SKILL: &str = include_str!("../../skills/creator-tracking/SKILL.md");

async fn list(stack: &Stack) -> Vec<Value> {
    let answer = ask(stack, None, "tools/list", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["result"]["tools"].as_array().unwrap().clone()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).unwrap()
}

#[test]
fn the_embedded_list_is_up_to_date() {
    let expected = tools();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(PATH, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(PATH).unwrap();
    let command = "UPDATE_OPENAPI=1 cargo test --package system-tests --test system up_to_date";
    assert!(committed == expected, "mcp/tools.json is out of date; write it again with `{command}`, and build again");
}

#[tokio::test]
async fn the_list_is_public_and_needs_no_database() {
    let stack = Stack::start().await;
    let names: Vec<_> = list(&stack).await.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, endpoints().map(name).collect::<Vec<_>>());
    assert!(stack.dynamodb.calls().is_empty());
}

#[test]
fn at_most_ten_tools_have_the_names_of_their_endpoints_in_generated_clients() {
    assert!(endpoints().count() <= 10);
    for endpoint in endpoints() {
        assert_eq!(name(endpoint), Operation::of(endpoint).id);
    }
}

#[tokio::test]
async fn the_list_shows_the_operators_prices() {
    let stack = Stack::with(&[("PRICE_POST_STATS", "0.0375"), ("PRICE_EMAIL", "1.25")]).await;
    let tools: HashMap<_, _> = list(&stack)
        .await
        .into_iter()
        .map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool["description"].as_str().unwrap().to_owned()))
        .collect();
    for (tool, price) in [
        ("post_stats", "Price: $0.0375 for a fresh answer"),
        ("post_stats_batch", "Price: $0.0375 for each fresh answer"),
        ("email", "Price: $1.25 for a fresh answer"),
        ("profile", "Price: $0.001 for a fresh answer"),
        ("usage", "\nFree, and counts as one request of the key's rate limit."),
        ("status", "\nFree."),
    ] {
        assert!(tools[tool].contains(price), "{}", tools[tool]);
    }
    assert!(tools.values().all(|description| !description.contains("{price")), "{tools:#?}");
}

#[tokio::test]
async fn every_tool_with_numbers_explains_null_and_is_marked_as_read_only() {
    let stack = Stack::start().await;
    for (tool, endpoint) in list(&stack).await.iter().zip(endpoints()) {
        let description = tool["description"].as_str().unwrap();
        assert_eq!(description.contains("null means unknown"), endpoint.is_priced(), "{endpoint}");
        assert!(!tool["title"].as_str().unwrap().is_empty());
        let hints = &tool["annotations"];
        assert_eq!((&hints["readOnlyHint"], &hints["idempotentHint"]), (&json!(true), &json!(true)));
        assert_eq!(hints["openWorldHint"], endpoint.is_priced(), "{endpoint}");
    }
}

#[tokio::test]
async fn every_parameter_has_a_description_and_every_schema_is_self_contained() {
    let stack = Stack::start().await;
    for tool in list(&stack).await {
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{tool}");
            validator(&tool[schema]);
        }
        for (parameter, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(schema["description"].is_string(), "{}: {parameter}", tool["name"]);
        }
    }
}

#[tokio::test]
async fn every_answer_matches_its_tools_schema() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let tools = list(&stack).await;
    for (tool, endpoint) in tools.iter().zip(endpoints()) {
        let (input, output) = (validator(&tool["inputSchema"]), validator(&tool["outputSchema"]));
        for key in [&customer.test, &public_key()] {
            let mut arguments = sound(endpoint);
            for is_dry_run in [false, true] {
                if is_dry_run && endpoint.is_priced() {
                    arguments["dry_run"] = true.into();
                }
                assert!(input.is_valid(&arguments), "{endpoint}: {arguments}");
                let answer = call(&stack, Some(key), endpoint, arguments.clone()).await;
                let problems: Vec<_> = output.iter_errors(answer.structured()).map(|error| error.to_string()).collect();
                assert_eq!(problems, [""; 0], "{endpoint}: {answer:?}");
            }
        }
    }
}

#[test]
fn the_skill_names_exactly_the_existing_tools() {
    let table = SKILL.split("\n| tool | use it for |\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed = table.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0));
    let (mut listed, mut tools): (Vec<_>, Vec<_>) =
        (listed.map(str::to_owned).collect(), endpoints().map(name).collect());
    listed.sort();
    tools.sort();
    assert_eq!(listed, tools);
    assert!(SKILL.contains(public_key().reveal()));
    for row in
        SKILL.split("\n| code | what to do |\n").nth(1).unwrap().lines().filter_map(|row| row.strip_prefix("| `"))
    {
        for code in row.split(" | ").next().unwrap().split(", ").map(|code| code.trim_matches('`')) {
            assert!(ErrorCode::iter().any(|known| known.to_string() == code), "{code}");
        }
    }
}
