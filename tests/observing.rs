//! The operator's view of a request: one log line and its metrics. They never contain a key, a bio,
//! an e-mail address or a provider's body.

use serde_json::{Value, json};
use shared::contract::{Endpoint, Kind};
use shared::creator::Operation;
use shared::platform::Platform;
use strum::IntoEnumIterator;
use system_tests::dynamodb::Fate;
use system_tests::fixtures::Fixture;
use system_tests::{ALL_KEYS, Log, POST, Stack, api23_post, asking, json_answer, tikwm_post};

/// The metrics of a record as CloudWatch reads them: namespace, sets of dimensions, and values by
/// name.
fn read(record: &Value) -> (&str, &Value, Value) {
    let directive = &record["_aws"]["CloudWatchMetrics"][0];
    assert!(record["_aws"]["Timestamp"].is_u64(), "{record}");
    let names = directive["Metrics"].as_array().unwrap().iter().map(|metric| metric["Name"].as_str().unwrap());
    let values = names.map(|name| (name.to_owned(), record[name].clone())).collect();
    (directive["Namespace"].as_str().unwrap(), &directive["Dimensions"], Value::Object(values))
}

#[tokio::test]
async fn a_request_has_one_log_line_with_everything_that_it_did() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", json_answer(429, json!({"message": "You have exceeded the MONTHLY quota"}))).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    let fresh = stack.post_stats(&customer.live, POST).await;
    let cached = stack.post_stats(&customer.live, POST).await;

    let lines = log.lines();
    let of = |answer: &system_tests::Answer| {
        let mut lines = lines.iter().filter(|line| line["request_id"] == answer.body["meta"]["request_id"]);
        let mut line = lines.next().expect("a line").clone();
        assert!(lines.next().is_none(), "only one line");
        let time = line["duration_ms"].take();
        assert!(time.is_u64(), "{time}");
        line["attempts"] = line["attempts"].as_str().map(|text| text.replace(char::is_numeric, "")).into();
        line
    };
    // Two calls to admit the first request of a minute; look, lease, hold, settle, fill, and one to
    // store the request; and the providers' health, which is read (in an hour's first slot with the
    // hour before) and written.
    let expected = json!({
        "level": "INFO", "target": "shared::pipeline::call", "message": "request",
        "request_id": fresh.body["meta"]["request_id"], "endpoint": "post/stats", "status": 200,
        "account": customer.account.as_str(), "key": customer.live.id(), "mode": "live", "platform": "tiktok",
        "cached": false, "provider": "tiktok-scraper7", "charge": "0.001", "dynamodb_calls": 11, "duration_ms": null,
        "attempts": "tiktok-api: out of quota ( ms); tiktok-scraper: answered ( ms)",
    });
    assert_eq!(of(&fresh), expected);
    let line = of(&cached);
    assert_eq!(
        [&line["cached"], &line["provider"], &line["charge"]],
        [&json!(true), &json!("tiktok-scraper7"), &json!("0")]
    );
    assert_eq!([&line["dynamodb_calls"], &line["attempts"]], [&json!(2), &Value::Null]);
}

#[tokio::test]
async fn a_log_line_begins_with_the_status_and_ends_with_the_ids() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    stack.post_stats(&customer.live, POST).await;
    stack.send("GET", "/v1/nowhere", &[], "").await;
    for line in log.text().lines() {
        let place = |name: &str| line.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name}: {line}"));
        let names = ["status", "endpoint", "provider", "duration_ms", "attempts", "account", "key", "request_id"];
        let names =
            if line.contains("nowhere") { &["status", "method", "path", "code", "request_id"][..] } else { &names };
        assert!(names.is_sorted_by_key(|name| place(name)), "{line}");
    }
}

#[tokio::test]
async fn every_endpoint_is_logged_counted_and_paid_for_as_itself() {
    let price = |endpoint: Endpoint| format!("0.00{}", Endpoint::iter().position(|one| one == endpoint).unwrap() + 1);
    let prices = Endpoint::iter().map(|endpoint| {
        let name = endpoint.name().replace(['/', '-'], "_").to_uppercase();
        (format!("PRICE_{name}"), price(endpoint))
    });
    let prices: Vec<_> = prices.collect();
    let variables = prices.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let stack = Stack::with(&variables.chain(ALL_KEYS.iter().copied()).collect::<Vec<_>>()).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    for endpoint in Endpoint::iter().filter(|endpoint| !endpoint.manages_keys()) {
        let body = match endpoint.operation() {
            None => String::new(),
            Some(operation) => {
                let fixture = Fixture::of(operation, Platform::TikTok, "tiktok-api23");
                stack.upstream("tiktok-api23").await.answers(fixture.complete().routes(&fixture));
                asking(endpoint, &fixture.link).to_string()
            }
        };
        let answer = stack.ask(endpoint, &customer.live, body).await;
        // The id in the path belongs to no request.
        assert_eq!(answer.status, if endpoint == Endpoint::Request { 404 } else { 200 }, "{answer:?}");
        let charged = match endpoint.spec().kind {
            Kind::Free => String::new(),
            Kind::Priced { .. } => price(endpoint),
            Kind::Batch(single) => price(single),
        };
        assert_eq!(answer.header("x-charge"), charged, "{endpoint}");
        assert_eq!(log.lines().pop().unwrap()["endpoint"], endpoint.name());
        let counted = stack.metrics.lines();
        let counted = counted.iter().rfind(|record| record.get("Endpoint").is_some()).unwrap();
        assert_eq!(counted["Endpoint"], endpoint.name());
        stack.upstream.reset().await;
        // Beyond every cache lifetime, because endpoints share answers.
        stack.clock.advance(1000);
    }
}

#[tokio::test]
async fn a_request_and_its_attempts_are_counted() {
    let stack = Stack::with(&[("METRICS_NAMESPACE", "my-stack")]).await;
    stack.provider("tiktok-api23", json_answer(401, json!({"message": "Invalid API key"}))).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, POST).await;
    let records = stack.metrics.lines();
    let [request, refused, answered] = records.as_slice() else { panic!("{records:?}") };

    let (namespace, dimensions, mut values) = read(request);
    assert_eq!((namespace, dimensions), ("my-stack", &json!([["Endpoint"], []])));
    assert_eq!(request["Endpoint"], "post/stats");
    assert!(values["Duration"].take().is_number());
    let expected = json!({
        "Requests": 1, "ClientErrors": 0, "ServerErrors": 0, "ProvokedErrors": 0, "UpstreamFailed": 0, "CacheHits": 0,
        "Charge": 0.001, "Duration": null,
    });
    assert_eq!(values, expected);

    for (record, provider, answers, must_act) in [(refused, "tiktok-api23", 0, 1), (answered, "tiktok-scraper7", 1, 0)]
    {
        let (namespace, dimensions, mut values) = read(record);
        assert_eq!((namespace, dimensions), ("my-stack", &json!([["Provider"], []])));
        assert_eq!(record["Provider"], provider);
        assert!(values["AttemptDuration"].take().is_number());
        let expected = json!({"Attempts": 1, "Answers": answers, "OperatorMustAct": must_act, "AttemptDuration": null});
        assert_eq!(values, expected);
    }
}

#[tokio::test]
async fn failures_and_cache_hits_are_counted_separately() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, POST).await;
    stack.post_stats(&customer.live, POST).await;
    stack.post_stats(&customer.live, "nonsense").await;
    stack.post_stats(&customer.live, "https://x.com/a/status/1").await;
    let count = |name: &str| {
        let records = stack.metrics.lines();
        records.iter().filter(|record| record.get("Endpoint").is_some() && record[name] == 1).count()
    };
    let counted = ["Requests", "CacheHits", "ClientErrors", "ServerErrors", "UpstreamFailed"].map(count);
    assert_eq!(counted, [4, 1, 1, 1, 1]);
}

#[tokio::test]
async fn an_error_from_the_sandbox_alerts_no_operator() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    for (link, status) in [("https://youtu.be/sandbox0500", 500), ("https://youtu.be/sandbox0502", 502)] {
        assert_eq!(stack.post_stats(&customer.test, link).await.status, status);
        let line = log.lines().pop().unwrap();
        assert_eq!((&line["level"], &line["status"]), (&json!("INFO"), &json!(status)));
        let record = stack.metrics.lines().pop().unwrap();
        let counted = ["ServerErrors", "UpstreamFailed", "ProvokedErrors"].map(|name| record[name].clone());
        assert_eq!(counted, [json!(0), json!(0), json!(1)]);
    }
}

#[tokio::test]
async fn a_request_to_no_endpoint_has_a_log_line_too() {
    let stack = Stack::start().await;
    let (log, _guard) = Log::of_this_thread();
    let answer = stack.send("GET", "/v1/nowhere", &[], "").await;
    let line = log.lines().pop().unwrap();
    assert_eq!(line["request_id"], answer.body["request_id"]);
    let told = ["message", "method", "path", "status", "code"].map(|name| line[name].clone());
    assert_eq!(told, [json!("request"), json!("GET"), json!("/v1/nowhere"), json!(404), json!("unknown_route")]);
}

#[tokio::test]
async fn a_bio_an_address_and_a_key_are_never_logged() {
    let stack = Stack::with(&ALL_KEYS).await;
    let fixture = Fixture::of(Operation::Profile, Platform::Instagram, "hikerapi");
    let upstream = stack.upstream("hikerapi").await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    let body = r#"{"username": "some.one", "platform": "instagram"}"#;
    for (name, status) in [("a creator", 200), ("no creator", 502)] {
        let case = fixture.answers.get(name).or_else(|| fixture.failures.get(name)).unwrap();
        upstream.answers(case.routes(&fixture));
        for endpoint in [Endpoint::Email, Endpoint::Profile] {
            assert_eq!(stack.ask(endpoint, &customer.live, body).await.status, status);
        }
        stack.clock.advance(10_000);
    }
    let all = format!("{}{}", log.text(), stack.metrics.text());
    assert!(all.contains("hikerapi: answered") && all.contains("hikerapi: unavailable"), "{all}");
    for secret in ["public@example.com", "made up", "s3cret", customer.live.reveal(), "8643561"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[tokio::test]
async fn the_log_names_the_variable_of_a_refused_key_once() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", json_answer(401, json!({"message": "Invalid API key."}))).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    for id in 1..=3 {
        stack.post_stats(&customer.live, &format!("https://www.tiktok.com/@a/video/{id}")).await;
    }
    let lines = log.lines();
    let errors: Vec<_> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!(
        (&error["provider"], &error["variable"], &error["failure"]),
        (&json!("tiktok-api23"), &json!("RAPIDAPI_KEY"), &json!("key refused"))
    );
}

#[tokio::test]
async fn a_failed_attempt_at_dynamodb_is_not_logged_as_an_error() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    // The first attempt of each write and read fails, in each of these ways.
    for (id, fate) in [(1, None), (2, Some((500, "InternalServerError")))] {
        let mut seen = std::collections::HashSet::new();
        stack.dynamodb.script(move |call| {
            let kind =
                if call.updates(":hold") { "hold".to_owned() } else { call.body["UpdateExpression"].to_string() };
            match (seen.insert((call.operation.clone(), kind)), fate) {
                (false, _) => Fate::Pass,
                (true, None) => Fate::Break,
                (true, Some((status, exception))) => Fate::Refuse(status, exception),
            }
        });
        let link = format!("https://www.tiktok.com/@a/video/{id}");
        assert_eq!(stack.post_stats(&customer.live, &link).await.status, 200);
    }
    assert!(!log.text().contains("ERROR"), "{}", log.text());
}
