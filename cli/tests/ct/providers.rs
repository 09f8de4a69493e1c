//! `ct providers` and `ct providers check`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::contract::{Endpoint, Kind};
use shared::provider::{ENTRIES, Key, order};
use strum::IntoEnumIterator;
use tempfile::TempDir;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::harness::*;
use crate::operator::stack;
use crate::stand_ins::*;

const TIKTOK_POST: &str = "https://www.tiktok.com/@some.one/video/7106594312292453675";

#[tokio::test]
async fn the_list_shows_each_providers_state_and_key_or_how_to_turn_it_on() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("settings.json"), json!({"HIKERAPI_KEY": KEY}).to_string()).unwrap();
    let list = |more: &[&str]| {
        let mut command = ct(folder.path());
        command.args(["providers", "--settings", "settings.json"]).args(more);
        command.env("RAPIDAPI_KEY", KEY).env("KEYLESS_PROVIDERS", "off");
        command.env("TIKTOK_API23_BASE_URL", format!("https://user:{KEY}@here.example/{KEY}/x"));
        command.env("PROVIDER_ORDER_TIKTOK_PROFILE", "scrapecreators,tiktok-api23");
        command
    };
    let text = checked(list(&[])).await;
    assert_eq!((text.status, &*text.err), (Some(0), ""));
    assert!(widest(&text.out) <= 80, "{}", text.out);
    for part in [
        "tiktok-api23                  on   at https://here.example/…\n",
        "tiktok: post_stats 1, profile 2,",
        "  RAPIDAPI_KEY",
        "  from the environment",
        "  from the settings file",
        "  set SCRAPECREATORS_API_KEY",
        "  set KEYLESS_PROVIDERS=on",
        "profile taken out",
    ] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    let narrow = checked({
        let mut command = list(&[]);
        command.env("COLUMNS", "60");
        command
    });
    assert!(widest(&narrow.await.out) <= 60);

    let rows = checked(list(&["--json"])).await.rows();
    assert_eq!(rows.len(), ENTRIES.len());
    let row = |name: &str| rows.iter().find(|row| row["provider"] == name).unwrap();
    assert_eq!(
        *row("hikerapi"),
        json!({"provider": "hikerapi", "on": true, "variable": "HIKERAPI_KEY", "key_from": "settings_file",
            "to_turn_on": null, "base_url": null, "gives": [
                {"platform": "instagram", "operation": "post_stats", "place": 1},
                {"platform": "instagram", "operation": "profile", "place": 1},
                {"platform": "instagram", "operation": "channel_videos", "place": 2}]})
    );
    assert_eq!(row("x-api")["to_turn_on"], "set X_BEARER_TOKEN");
    assert_eq!(row("tikwm")["gives"][1], json!({"platform": "tiktok", "operation": "profile", "place": null}));
}

#[tokio::test]
async fn every_provider_is_asked_all_its_questions_and_every_endpoint_shows_its_fields() {
    let upstream = Upstream::whole().await;
    let file = subjects(upstream.folder.path());
    let mut command = upstream.command(&["check", "--pause", "0", "--json", "--subjects", file.to_str().unwrap()]);
    Key::iter().for_each(|key| {
        command.env(key.variable(), KEY);
    });
    let checked = checked(command).await;
    let rows = checked.rows();
    let failed: Vec<_> = rows.iter().filter(|row| row["ok"] != true || row["complete"] != true).collect();
    assert!(failed.is_empty() && checked.status == Some(0), "{failed:#?} {}", checked.err);
    let asked =
        rows.iter().map(|row| (row["platform"].to_string(), row["operation"].to_string(), row["provider"].to_string()));
    let offered: usize = all_questions().map(|(platform, operation)| order(platform, operation).len()).sum();
    assert_eq!((asked.collect::<BTreeSet<_>>().len(), rows.len()), (offered, offered));

    let endpoints: Vec<&Value> = rows.iter().flat_map(|row| row["endpoints"].as_array().unwrap()).collect();
    let shown: BTreeSet<_> = endpoints.iter().map(|endpoint| endpoint["endpoint"].as_str().unwrap()).collect();
    let is_of_one_subject = |endpoint: &Endpoint| matches!(endpoint.spec().kind, Kind::Priced { .. });
    let priced: BTreeSet<_> = Endpoint::iter().filter(is_of_one_subject).map(Endpoint::name).collect();
    assert_eq!(shown, priced);
    for endpoint in endpoints {
        let fields: Vec<&str> =
            endpoint["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
        for (name, value) in endpoint["data"].as_object().unwrap() {
            let is_shown = |field: &&str| field.split(['.', '[']).next() == Some(name);
            assert!(fields.iter().any(is_shown), "{name}: {value} of {}", endpoint["endpoint"]);
        }
    }
}

#[tokio::test]
async fn a_healthy_provider_is_reported_field_by_field_in_80_columns() {
    let upstream = Upstream::whole().await;
    let file = subjects(upstream.folder.path());
    let checked = upstream.check(&["tikwm", "--subjects", file.to_str().unwrap()]).await;
    assert_eq!((checked.status, &*checked.err), (Some(0), ""));
    assert!(widest(&checked.out) <= 80, "{}", checked.out);
    let out = checked.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "tikwm tiktok post_stats: answered in",
        &format!("{TIKTOK_POST} post/stats platform, post_url, post_id, views, likes, comments, shares,"),
        "videos[].views ",
        "missing email, source",
        "answered: 3 of 3",
    ] {
        assert!(out.contains(part), "{part}: {}", checked.out);
    }
}

#[tokio::test]
async fn a_failing_provider_is_reported_with_a_remedy_and_by_the_exit_status() {
    let upstream = Upstream::start().await;
    let video = json!({"code": 0, "data": {"id": "1", "play_count": 5}});
    Mock::given(path("/tikwm/"))
        .respond_with(ResponseTemplate::new(200).set_body_json(video))
        .mount(&upstream.server)
        .await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&upstream.server).await;
    let text = upstream.check(&["tikwm", "fxtwitter"]).await;
    assert_eq!(text.status, Some(1));
    for part in
        ["tiktok profile: FAILED after", "transient: status 500", "check again", "the answer is about another post"]
    {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    let said = "error: 4 of 4 checks failed: tikwm tiktok post_stats, tikwm tiktok profile, \
                tikwm tiktok channel_videos, fxtwitter twitter post_stats\n";
    assert_eq!(text.err, said);

    let rows = upstream.check(&["fxtwitter", "--json"]).await.rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["ok"], &rows[0]["complete"], &rows[0]["endpoints"]),
        (&json!(false), &Value::Null, &json!([]))
    );
    assert_eq!(rows[0]["failure"]["kind"], "transient");
    assert_eq!(rows[0]["subject"], "https://x.com/SpaceX/status/1848831595014459513", "the built-in subject");
}

#[tokio::test]
async fn a_provider_that_refuses_its_key_is_asked_once() {
    let upstream = Upstream::start().await;
    let refusal = ResponseTemplate::new(401).set_body_json(json!({"message": "Invalid API key"}));
    Mock::given(any()).respond_with(refusal).expect(1).mount(&upstream.server).await;
    let mut command = upstream.command(&["check", "--pause", "0", "--json", "tiktok-api23"]);
    command.env("RAPIDAPI_KEY", KEY);
    let checked = checked(command).await;
    let kinds: Vec<_> = checked.rows().iter().map(|row| row["failure"]["kind"].clone()).collect();
    assert_eq!(kinds, ["key_refused", "not_asked", "not_asked"]);
    assert!(checked.rows()[0]["failure"]["to_do"].as_str().unwrap().contains("RAPIDAPI_KEY"));
    assert_eq!(checked.status, Some(1));
}

#[tokio::test]
async fn a_provider_that_is_off_or_unknown_is_refused_with_a_remedy() {
    let upstream = Upstream::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&upstream.server).await;
    let off = upstream.check(&["tikwm", "hikerapi"]).await;
    assert_eq!((off.status, &*off.err), (Some(1), "error: hikerapi is off; set HIKERAPI_KEY to turn it on\n"));
    let unknown = upstream.check(&["tikwn"]).await;
    assert!(unknown.status == Some(2) && unknown.err.contains("'tikwm'"), "{}", unknown.err);
    let mut none = upstream.command(&["check"]);
    none.env("KEYLESS_PROVIDERS", "off");
    let none = checked(none).await;
    assert_eq!(none.err, "error: no provider is configured; `ct providers` shows how to turn each on\n");
}

#[tokio::test]
async fn a_file_of_subjects_replaces_only_the_subjects_that_it_has() {
    let upstream = Upstream::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&upstream.server).await;
    let file = upstream.folder.path().join("mine.txt");
    std::fs::write(&file, format!("# mine\n\ntiktok post_stats {TIKTOK_POST}\n")).unwrap();
    let rows = upstream.check(&["tikwm", "--json", "--subjects", "mine.txt"]).await.rows();
    let subjects: Vec<_> = rows.iter().map(|row| row["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, [TIKTOK_POST, "https://www.tiktok.com/@tiktok", "https://www.tiktok.com/@tiktok"]);
    std::fs::write(&file, "tiktok post_stats https://youtu.be/jNQXAC9IVRw").unwrap();
    let bad = upstream.check(&["tikwm", "--subjects", "mine.txt"]).await;
    assert!(bad.err.starts_with("error: --subjects: mine.txt: line 1: "), "{}", bad.err);
    let gone = upstream.check(&["tikwm", "--subjects", "none.txt"]).await;
    assert!(gone.err.starts_with("error: --subjects: none.txt: "), "{}", gone.err);
}

/// A stand-in for CloudFormation and Secrets Manager.
fn aws(request: &Request) -> ResponseTemplate {
    if request.headers.contains_key("x-amz-target") {
        let secret = json!({"X_BEARER_TOKEN": KEY}).to_string();
        return ResponseTemplate::new(200).set_body_json(json!({"ARN": "arn", "Name": "n", "SecretString": secret}));
    }
    stack(&[("ProviderKeysSecret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:n")])
}

#[tokio::test]
async fn the_keys_of_a_deployed_stack_are_read_from_its_secret() {
    let folder = TempDir::new().unwrap();
    let cloud = MockServer::start().await;
    Mock::given(any()).respond_with(aws).mount(&cloud).await;
    let mut command = ct(folder.path());
    command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "own").env("AWS_SECRET_ACCESS_KEY", "own");
    command.env("AWS_ENDPOINT_URL", cloud.uri()).args(["--stack", "prod", "providers", "--json"]);
    let checked = checked(command).await;
    assert_eq!(checked.err, "");
    let x_api = checked.rows().into_iter().find(|row| row["provider"] == "x-api").unwrap();
    assert_eq!((&x_api["on"], &x_api["key_from"]), (&json!(true), &json!("secret")));
    let both = complaint(folder.path(), &["--stack", "prod", "providers", "--settings", "s.json"]).await;
    assert!(both.contains("use only one of them"), "{both}");
}
