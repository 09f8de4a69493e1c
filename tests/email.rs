//! `POST /v1/email`.

use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use system_tests::fixtures::{Fixture, answer};
use system_tests::{Answer, answering};

const BODY: &str = r#"{"username": "some.one", "platform": "instagram"}"#;

#[tokio::test]
async fn status_200_has_the_published_shape() {
    let (stack, customer, _) = answering(Operation::Profile, Platform::Instagram, "a creator").await;
    let answer = stack.ask(Endpoint::Email, &customer.live, BODY).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    insta::assert_json_snapshot!(answer.body, {".meta.request_id" => "[request id]"}, @r#"
    {
      "data": {
        "completed_by": [],
        "email": "public@example.com",
        "fetched_at": "2026-11-23T12:00:00.000Z",
        "found": true,
        "platform": "instagram",
        "provider": "hikerapi",
        "source": "public_email",
        "username": "some.one"
      },
      "meta": {
        "cached": false,
        "expires_at": "2026-11-23T12:15:00.000Z",
        "platform": "instagram",
        "request_id": "[request id]"
      },
      "ok": true
    }
    "#);
}

#[tokio::test]
async fn status_200_the_email_and_the_profile_share_one_call_and_one_price() {
    let (stack, customer, _) = answering(Operation::Profile, Platform::Instagram, "a creator").await;
    let email = stack.ask(Endpoint::Email, &customer.live, BODY).await;
    let profile = stack.ask(Endpoint::Profile, &customer.live, BODY).await;
    assert_eq!((profile.header("x-charge"), &profile.body["meta"]["cached"]), ("0", &json!(true)));
    assert_eq!(profile.body["data"]["fetched_at"], email.body["data"]["fetched_at"]);
    assert_eq!(stack.asked("hikerapi").await, 1);
}

/// The answer about a creator with a changed profile.
async fn about(change: impl FnOnce(&mut Value)) -> Answer {
    let (stack, customer, upstream) = answering(Operation::Profile, Platform::Instagram, "a creator").await;
    let fixture = Fixture::of(Operation::Profile, Platform::Instagram, "hikerapi");
    let mut body = fixture.body("a creator");
    change(&mut body["user"]);
    upstream.answers([("/v2/user/by/username".to_owned(), answer(200, &body))].into());
    stack.ask(Endpoint::Email, &customer.live, BODY).await
}

#[tokio::test]
async fn status_200_the_platforms_field_is_preferred_to_the_bio_and_the_bio_to_a_link() {
    let words = "write: me [at] home (dot) example.com, business@example.com";
    let answer = about(|user| user["biography"] = words.into()).await;
    let found = |answer: &Answer| (answer.body["data"]["email"].clone(), answer.body["data"]["source"].clone());
    assert_eq!(found(&answer), (json!("public@example.com"), json!("public_email")));
    let answer = about(|user| {
        user["public_email"] = "".into();
        user["biography"] = words.into();
    });
    assert_eq!(found(&answer.await), (json!("business@example.com"), json!("bio")));
    let answer = about(|user| user["public_email"] = "".into()).await;
    assert_eq!(found(&answer), (json!("links@example.com"), json!("link")));
}

#[tokio::test]
async fn status_200_found_is_false_without_an_address() {
    let answer = about(|user| {
        user["public_email"] = Value::Null;
        user["biography"] = "DM @some.one, or visit some.one.example".into();
        user["bio_links"] = json!([{"url": "https://www.tiktok.com/@some.one"}]);
    });
    let answer = answer.await;
    let data = &answer.body["data"];
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    assert_eq!([&data["found"], &data["email"], &data["source"]], [&json!(false), &Value::Null, &Value::Null]);
}
