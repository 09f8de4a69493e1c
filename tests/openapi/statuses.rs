//! Provokes every status that the document lists for an endpoint. The harness compares each answer,
//! its code and its headers with the document, as it does in all tests.

use serde_json::{Value, json};
use shared::account::ApiKey;
use shared::contract::Endpoint;
use strum::IntoEnumIterator;
use system_tests::dynamodb::Fate;
use system_tests::openapi::operation;
use system_tests::{Answer, Customer, Stack};

/// The parts of a request to an endpoint.
struct Asked {
    key: Option<ApiKey>,
    /// The value for the parameter in the path.
    id: String,
    query: &'static str,
    body: String,
}

impl Asked {
    async fn of(&self, stack: &Stack, endpoint: Endpoint) -> Answer {
        let spec = endpoint.spec();
        let path = spec.path.replace("{request_id}", &self.id).replace("{id}", &self.id) + self.query;
        let header = self.key.as_ref().map(|key| ("x-api-key", key.reveal()));
        stack.send(spec.method(), &path, header.as_slice(), self.body.clone()).await
    }
}

/// A request that succeeds, from the document's examples.
async fn sound(stack: &Stack, customer: &Customer, endpoint: Endpoint) -> Asked {
    let examples = operation(endpoint)["requestBody"]["content"]["application/json"]["examples"].as_object();
    let mut bodies = examples.into_iter().flatten().map(|(_, example)| &example["value"]);
    let body = bodies.find(|body| body["dry_run"].is_null()).map(Value::to_string);
    let id = match endpoint {
        Endpoint::Request => request(stack, customer).await,
        Endpoint::DeleteKey | Endpoint::RotateKey => made(stack, customer, json!({"name": "a"})).await.id(),
        _ => String::new(),
    };
    let key = if endpoint.is_priced() { &customer.test } else { &customer.live };
    Asked { key: Some(key.clone()), id, query: "", body: body.unwrap_or_default() }
}

/// Makes a request and returns its id.
async fn request(stack: &Stack, customer: &Customer) -> String {
    let answer = stack.post_stats(&customer.test, "https://youtu.be/dQw4w9WgXcQ").await;
    answer.body["meta"]["request_id"].as_str().unwrap().to_owned()
}

/// Creates a key for this customer.
async fn made(stack: &Stack, customer: &Customer, wish: Value) -> ApiKey {
    let answer = stack.ask(Endpoint::CreateKey, &customer.live, wish.to_string()).await;
    ApiKey::parse(answer.body["data"]["secret"].as_str().unwrap()).unwrap()
}

/// The endpoint's answer to a request that provokes this status.
async fn provoked(endpoint: Endpoint, status: u16) -> Answer {
    let stack = Stack::start().await;
    let customer = stack.customer("1", if status == 429 { 4 } else { 60 }).await;
    let sound = sound(&stack, &customer, endpoint).await;
    let asked = match status {
        200 => sound,
        400 => match endpoint {
            Endpoint::Usage => Asked { query: "?days=0", ..sound },
            _ => Asked { body: "[]".to_owned(), ..sound },
        },
        401 => Asked { key: None, ..sound },
        402 => Asked { key: Some(stack.customer("0", 60).await.live), ..sound },
        403 => {
            let other = if endpoint == Endpoint::Ping { Endpoint::Profile } else { Endpoint::Ping };
            let limited = json!({"name": "limited", "endpoints": [other.name()]});
            Asked { key: Some(made(&stack, &customer, limited).await), ..sound }
        }
        404 => missing(endpoint, sound),
        409 => conflicting(&stack, &customer, endpoint, sound).await,
        413 => Asked { body: " ".repeat(endpoint.spec().max_body + 1), ..sound },
        429 => {
            for _ in 0..4 {
                stack.get(sound.key.as_ref().unwrap(), "/v1/ping").await;
            }
            sound
        }
        500 => {
            stack.dynamodb.script(|_| Fate::Break);
            sound
        }
        // No provider has an answer.
        502 => Asked { key: Some(customer.live.clone()), ..sound },
        _ => panic!("this file doesn't provoke the status {status} of {endpoint}"),
    };
    asked.of(&stack, endpoint).await
}

fn missing(endpoint: Endpoint, sound: Asked) -> Asked {
    match endpoint {
        Endpoint::PostStats => Asked { body: json!({"url": "https://youtu.be/sandbox0404"}).to_string(), ..sound },
        Endpoint::Usage => Asked { query: "?key=0123456789abcdef", ..sound },
        Endpoint::Request | Endpoint::DeleteKey | Endpoint::RotateKey => {
            Asked { id: "0123456789abcdef".to_owned(), ..sound }
        }
        _ => Asked { body: json!({"username": "sandbox0404", "platform": "youtube"}).to_string(), ..sound },
    }
}

async fn conflicting(stack: &Stack, customer: &Customer, endpoint: Endpoint, sound: Asked) -> Asked {
    match endpoint {
        Endpoint::CreateKey => {
            made(stack, customer, json!({"name": "taken"})).await;
            Asked { body: json!({"name": "taken", "mode": "test"}).to_string(), ..sound }
        }
        Endpoint::DeleteKey => {
            sound.of(stack, endpoint).await;
            Asked { id: customer.live.id(), ..sound }
        }
        _ => {
            let rotated = sound.of(stack, endpoint).await;
            let successor = ApiKey::parse(rotated.body["data"]["secret"].as_str().unwrap()).unwrap();
            stack.get(&successor, "/v1/ping").await;
            sound
        }
    }
}

#[tokio::test]
async fn every_endpoint_returns_every_status_that_the_document_lists_for_it() {
    for endpoint in Endpoint::iter() {
        for (status, _) in operation(endpoint)["responses"].as_object().unwrap() {
            let answer = provoked(endpoint, status.parse().unwrap()).await;
            assert_eq!(answer.status.to_string(), *status, "{endpoint}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_example_of_a_request_gets_an_answer() {
    let stack = Stack::start().await;
    for endpoint in Endpoint::iter() {
        let examples = &operation(endpoint)["requestBody"]["content"]["application/json"]["examples"];
        for (name, example) in examples.as_object().into_iter().flatten() {
            let customer = stack.customer("1", 60).await;
            let sound = sound(&stack, &customer, endpoint).await;
            let answer = Asked { body: example["value"].to_string(), ..sound }.of(&stack, endpoint).await;
            assert_eq!(answer.status, 200, "{endpoint} {name}: {answer:?}");
        }
    }
}
