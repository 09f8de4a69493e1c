//! template.yaml deploys the same routes, functions, events and tables as the local server has.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use shared::config::variables;
use shared::contract::{CORS_ALLOWED_HEADERS, CORS_EXPOSED_HEADERS, CORS_MAX_AGE, CORS_METHODS, Endpoint};
use shared::dynamodb::CACHE_TTL_ATTRIBUTE;
use shared::mcp;
use shared::site::{self, Page};
use strum::IntoEnumIterator;
use system_tests::lambda::logical_id;
use system_tests::{POST, Stack, api23_post};
use yaml_rust2::{Yaml, YamlLoader};

const TEMPLATE: &str = include_str!("../template.yaml");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn resources() -> Yaml {
    let documents = YamlLoader::load_from_str(TEMPLATE).unwrap();
    documents[0]["Resources"].clone()
}

/// The resources of a type, with their names.
fn of_type(resources: &Yaml, kind: &str) -> Vec<(String, Yaml)> {
    let all = resources.as_hash().unwrap().iter();
    let of_kind = all.filter(|(_, resource)| resource["Type"].as_str() == Some(kind));
    of_kind.map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource.clone())).collect()
}

fn folders(path: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(ROOT).join(path)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".json").to_owned()).collect()
}

#[test]
fn the_templates_routes_are_the_served_ones_and_the_default_route_leads_to_ping() {
    let resources = resources();
    let mut routes = BTreeSet::new();
    for (function, resource) in of_type(&resources, "AWS::Serverless::Function") {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
        for (_, event) in resource["Properties"]["Events"].as_hash().unwrap() {
            let route = &event["Properties"];
            match (route["Method"].as_str(), route["Path"].as_str()) {
                (Some(method), Some(path)) => {
                    assert!(routes.insert((method.to_owned(), path.to_owned(), binary.to_owned())), "{path} twice");
                }
                _ => assert_eq!(function, "PingFunction", "the default route"),
            }
        }
    }
    let served = Endpoint::iter().flat_map(|endpoint| {
        let spec = endpoint.spec();
        let paths = move || [spec.path].into_iter().chain(spec.page);
        let route = |method, path: &str| (str::to_owned(method), path.to_owned(), spec.function.to_owned());
        spec.methods.iter().flat_map(move |method| paths().map(move |path| route(method, path)))
    });
    let pages = Page::iter().flat_map(|page| {
        site::METHODS.map(|method| (method.to_string(), page.path().to_owned(), site::FUNCTION.to_owned()))
    });
    let mcp = [("POST".to_owned(), mcp::PATH.to_owned(), mcp::FUNCTION.to_owned())];
    assert_eq!(routes, served.chain(pages).chain(mcp).collect());
}

#[test]
fn other_websites_can_send_and_read_the_same_headers_as_on_the_local_server() {
    let cors = resources()["Api"]["Properties"]["CorsConfiguration"][1].clone();
    let listed = |name: &str| -> Vec<String> {
        cors[name].as_vec().unwrap().iter().map(|header| header.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("AllowHeaders"), CORS_ALLOWED_HEADERS);
    assert_eq!(listed("ExposeHeaders"), CORS_EXPOSED_HEADERS);
    assert_eq!(listed("AllowMethods"), CORS_METHODS.map(|method| method.to_string()));
    assert_eq!(cors["MaxAge"].as_i64().map(i64::unsigned_abs), Some(CORS_MAX_AGE.as_secs()));
}

#[test]
fn the_template_has_a_function_and_an_event_for_each_folder() {
    let resources = resources();
    let deployed = of_type(&resources, "AWS::Serverless::Function").into_iter().map(|(name, resource)| {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned();
        assert_eq!(resource["Properties"]["CodeUri"].as_str(), Some(format!("functions/{binary}").as_str()));
        assert_eq!(name, logical_id(&binary));
        binary
    });
    let deployed: BTreeSet<_> = deployed.collect();
    assert_eq!(deployed, folders("functions"));
    assert_eq!(deployed, folders("events"));
    let answering = Endpoint::iter().map(|endpoint| endpoint.spec().function).chain([site::FUNCTION, mcp::FUNCTION]);
    assert_eq!(deployed, answering.map(str::to_owned).collect());
}

#[test]
fn every_price_can_be_set_when_deploying() {
    let documents = YamlLoader::load_from_str(TEMPLATE).unwrap();
    let given = &documents[0]["Globals"]["Function"]["Environment"]["Variables"];
    for (name, default) in variables().into_iter().filter(|(name, _)| name.starts_with("PRICE_")) {
        let parameter = given[name.as_str()].as_str().unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(documents[0]["Parameters"][parameter]["Default"].as_str(), Some(default.as_str()), "{name}");
    }
}

#[test]
fn every_function_knows_its_timeout() {
    let documents = YamlLoader::load_from_str(TEMPLATE).unwrap();
    let function = &documents[0]["Globals"]["Function"];
    let told = function["Environment"]["Variables"]["FUNCTION_TIMEOUT_SECONDS"].as_str().unwrap();
    assert_eq!(told.parse().ok(), function["Timeout"].as_i64());
}

#[tokio::test]
async fn the_alarms_and_the_dashboard_use_existing_metrics() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, POST).await;
    let records = stack.metrics.lines();
    let watched = our_metrics(&resources());
    for (name, dimension) in &watched {
        let by = if dimension.is_empty() { json!([]) } else { json!([dimension]) };
        let is_written = |record: &Value| {
            let sets = record["_aws"]["CloudWatchMetrics"][0]["Dimensions"].as_array();
            record.get(name).is_some() && sets.is_some_and(|sets| sets.contains(&by))
        };
        assert!(records.iter().any(is_written), "{name} by {dimension:?} is watched, but never written");
    }
    assert!(watched.len() >= 9, "{watched:?}");
}

/// The names of our metrics in alarms and the dashboard, each with its dimension.
fn our_metrics(resources: &Yaml) -> BTreeSet<(String, String)> {
    let mut watched = BTreeSet::new();
    for (_, alarm) in of_type(resources, "AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        let parts = alarm["Metrics"].as_vec().into_iter().flatten().map(|part| &part["MetricStat"]["Metric"]);
        let ours = parts.chain([alarm]).filter(|metric| metric["Namespace"].as_str() == Some("AWS::StackName"));
        watched.extend(ours.map(|metric| (metric["MetricName"].as_str().unwrap().to_owned(), String::new())));
    }
    let body = resources["Dashboard"]["Properties"]["DashboardBody"].as_str().unwrap();
    let dashboard: Value = serde_json::from_str(body).unwrap();
    let widgets = dashboard["widgets"].as_array().unwrap().iter();
    for metric in widgets.flat_map(|widget| widget["properties"]["metrics"].as_array().into_iter().flatten()) {
        if metric[0] == "${AWS::StackName}" {
            let dimension = metric[2].as_str().unwrap_or_default();
            watched.insert((metric[1].as_str().unwrap().to_owned(), dimension.to_owned()));
        } else if let Some(search) = metric[0]["expression"].as_str() {
            // SEARCH('{"namespace",Dimension} MetricName="Name"', …)
            let between = |before: &str, after: char| {
                let text = search.split_once(before).unwrap().1;
                text.split(after).next().unwrap().to_owned()
            };
            watched.insert((between("MetricName=\"", '"'), between("StackName}\",", '}')));
        }
    }
    watched
}

#[tokio::test]
async fn the_template_creates_the_same_tables_as_the_local_server() {
    let stack = Stack::start().await;
    let resources = resources();
    for (name, table) in [("AccountsTable", "Accounts"), ("CacheTable", "Cache")] {
        let declared = &resources[name]["Properties"];
        let keys: Vec<_> = declared["KeySchema"]
            .as_vec()
            .unwrap()
            .iter()
            .map(|key| (key["AttributeName"].as_str().unwrap(), key["KeyType"].as_str().unwrap()))
            .collect();
        let made = stack.direct.describe_table().table_name(table).send().await.unwrap().table.unwrap();
        let made_keys: Vec<_> =
            made.key_schema().iter().map(|key| (key.attribute_name(), key.key_type().as_str())).collect();
        assert_eq!(keys, made_keys, "{name}");
        assert_eq!(declared["BillingMode"].as_str(), Some("PAY_PER_REQUEST"));

        let ttl = stack.direct.describe_time_to_live().table_name(table).send().await.unwrap();
        let made_ttl = ttl.time_to_live_description.and_then(|ttl| ttl.attribute_name);
        assert_eq!(declared["TimeToLiveSpecification"]["AttributeName"].as_str(), made_ttl.as_deref(), "{name}");
    }
    assert_eq!(
        resources["CacheTable"]["Properties"]["TimeToLiveSpecification"]["AttributeName"].as_str(),
        Some(CACHE_TTL_ATTRIBUTE)
    );
}
