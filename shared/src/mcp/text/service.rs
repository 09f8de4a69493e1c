//! The account and the API itself.

use serde_json::Value;

use super::{title, word};

/// The account's money and usage.
pub(super) fn usage(data: &Value) -> String {
    let [balance, held, spent, funds] = ["balance", "held", "spent", "funds"].map(|name| &data[name]);
    let mut lines = vec![format!(
        "Balance ${balance}; ${held} is held for requests in flight, ${spent} is spent, ${funds} was paid in."
    )];
    let prices = data["prices"].as_object().into_iter().flatten();
    let prices: Vec<_> = prices.map(|(endpoint, price)| format!("{endpoint} ${price}")).collect();
    lines.push(format!("Prices of fresh answers: {}.", prices.join(", ")));
    lines.extend(data["days"].as_array().into_iter().flatten().map(used));
    lines.join("\n")
}

fn used(day: &Value) -> String {
    let endpoints = day["endpoints"].as_array().into_iter().flatten();
    let requests: u64 = endpoints.filter_map(|endpoint| endpoint["requests"].as_u64()).sum();
    format!("{}: {requests} requests, charged ${}.", word(&day["date"]), day["charged"])
}

/// The endpoints that work, by platform.
pub(super) fn platforms(data: &Value) -> String {
    let line = |platform: &Value| {
        let endpoints = platform["endpoints"].as_array().into_iter().flatten();
        let endpoints: Vec<_> = endpoints.filter_map(Value::as_str).collect();
        let works = if endpoints.is_empty() { "no endpoint works".to_owned() } else { endpoints.join(", ") };
        format!("{}: {works}.", title(platform))
    };
    data["platforms"].as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// The state of all platforms and endpoints.
pub(super) fn status(data: &Value) -> String {
    let state = |value: &Value| match word(value) {
        "unknown" => "no recent requests".to_owned(),
        state => state.replace('_', " "),
    };
    let line = |platform: &Value| {
        let endpoints = platform["endpoints"].as_array().into_iter().flatten();
        let endpoints: Vec<_> =
            endpoints.map(|one| format!("{} {}", word(&one["endpoint"]), state(&one["state"]))).collect();
        format!("{}: {}.", title(platform), endpoints.join(", "))
    };
    let platforms = data["platforms"].as_array().into_iter().flatten().map(line);
    let mut lines = vec![format!("Overall: {}, at {}.", state(&data["state"]), word(&data["at"]))];
    lines.extend(platforms);
    lines.join("\n")
}
