//! `ct providers` and `ct providers check`, against stand-ins that answer as the fixtures do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, Key, order};
use strum::IntoEnumIterator;
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::harness::*;
use crate::operator::stack;

const KEY: &str = "s3cret-of-the-operator";
const TIKTOK_POST: &str = "https://www.tiktok.com/@some.one/video/7106594312292453675";

/// All that a provider answers, by path: each of its fixtures' answers.
#[derive(Clone, Default)]
struct Answers {
    prefix: String,
    by_path: BTreeMap<String, Value>,
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().strip_prefix(&self.prefix).unwrap();
        match self.by_path.get(path) {
            Some(Value::String(text)) => ResponseTemplate::new(200).set_body_string(text),
            Some(body) => ResponseTemplate::new(200).set_body_json(body),
            None => ResponseTemplate::new(404),
        }
    }
}

fn all_questions() -> impl Iterator<Item = (Platform, Operation)> {
    Platform::iter().flat_map(|platform| Operation::iter().map(move |operation| (platform, operation)))
}

fn fixture(platform: Platform, operation: Operation, provider: &str) -> Value {
    let folder = <&str>::from(operation).replace('_', "-");
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/fixtures/{folder}/{platform}/{provider}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// What this provider answers about the fixtures' links.
fn answers(provider: &str) -> Answers {
    let mut answers = Answers { prefix: format!("/{provider}"), ..Answers::default() };
    for (platform, operation) in all_questions().filter(|(one, other)| order(*one, *other).contains(&provider)) {
        let fixture = fixture(platform, operation, provider);
        let complete = |case: &&Value| case["complete"] == true && case["link"].is_null();
        let case = fixture["answers"].as_object().unwrap().values().find(complete).unwrap();
        let main = fixture["asks"].as_array().unwrap().last().unwrap().as_str().unwrap();
        let main = main.split(['?', ' ']).next().unwrap().to_owned();
        answers.by_path.entry(main).or_insert_with(|| fixture["body"].clone());
        let others = if case["others"].is_null() { &fixture["others"] } else { &case["others"] };
        for (path, body) in others.as_object().into_iter().flatten() {
            answers.by_path.entry(path.clone()).or_insert_with(|| body.clone());
        }
    }
    answers
}

/// The fixtures' links as a file of subjects.
fn subjects(folder: &Path) -> PathBuf {
    let questions = all_questions().filter_map(|(platform, operation)| {
        let link = fixture(platform, operation, order(platform, operation).first()?)["link"].clone();
        Some(format!("{platform} {} {}\n", <&str>::from(operation), link.as_str().unwrap()))
    });
    let file = folder.join("subjects");
    std::fs::write(&file, questions.collect::<String>()).unwrap();
    file
}

/// A server that stands for all providers.
struct Upstream {
    server: MockServer,
    folder: TempDir,
}

impl Upstream {
    async fn start() -> Self {
        Self { server: MockServer::start().await, folder: TempDir::new().unwrap() }
    }

    /// All providers answer as their fixtures do.
    async fn whole() -> Self {
        let upstream = Self::start().await;
        for entry in ENTRIES {
            let paths = wiremock::matchers::path_regex(format!("^/{}/", entry.name));
            Mock::given(paths).respond_with(answers(entry.name)).mount(&upstream.server).await;
        }
        upstream
    }

    /// `ct providers` with all providers at this server, and the keyless ones on.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ct(self.folder.path());
        for entry in ENTRIES {
            command.env(entry.base_url_variable(), format!("{}/{}", self.server.uri(), entry.name));
        }
        command.arg("providers").args(arguments);
        command
    }

    async fn check(&self, arguments: &[&str]) -> Checked {
        checked(self.command(&[&["check", "--pause", "0"], arguments].concat())).await
    }
}

struct Checked {
    status: Option<i32>,
    out: String,
    err: String,
}

/// Runs a command that must show no secret, wherever.
async fn checked(mut command: Command) -> Checked {
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!out.contains("s3cret") && !err.contains("s3cret"), "{out}{err}");
    Checked { status: status.code(), out, err }
}

impl Checked {
    fn rows(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap()
}

#[tokio::test]
async fn the_list_says_what_is_on_by_which_key_and_what_turns_on_the_others_in_80_columns() {
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
        "tiktok-api23                  on   tiktok: post_stats 1, profile 2,",
        "  RAPIDAPI_KEY",
        "  from the environment",
        "  from the settings file",
        "  at https://here.example/…",
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
async fn every_provider_is_asked_by_itself_for_all_that_it_gives_and_every_endpoint_shows_its_fields() {
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
    let priced: BTreeSet<_> = Endpoint::iter().filter(|endpoint| endpoint.is_priced()).map(Endpoint::name).collect();
    assert_eq!(shown, priced);
    for endpoint in endpoints {
        let fields: Vec<&str> =
            endpoint["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
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
        &format!("subject {TIKTOK_POST} post/stats platform, post_url, post_id, views, likes, comments, shares,"),
        "videos[].views ",
        "missing email, source",
        "all 3 checks were answered",
    ] {
        assert!(out.contains(part), "{part}: {}", checked.out);
    }
}

#[tokio::test]
async fn one_that_fails_is_told_with_what_to_do_and_by_the_exit_status() {
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
    assert_eq!(rows[0]["subject"], "https://x.com/SpaceX/status/1848831595014459513", "as built in");
}

#[tokio::test]
async fn one_that_refuses_its_key_is_asked_once() {
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
async fn one_that_is_off_or_unknown_is_refused_with_what_to_do() {
    let upstream = Upstream::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&upstream.server).await;
    let off = upstream.check(&["tikwm", "hikerapi"]).await;
    assert_eq!((off.status, &*off.err), (Some(1), "error: hikerapi is off; set HIKERAPI_KEY to turn it on\n"));
    let unknown = upstream.check(&["tikwn"]).await;
    assert!(unknown.status == Some(2) && unknown.err.contains("'tikwm'"), "{}", unknown.err);
    let mut none = upstream.command(&["check"]);
    none.env("KEYLESS_PROVIDERS", "off");
    let none = checked(none).await;
    assert_eq!(none.err, "error: no provider is on; `ct providers` shows what turns each on\n");
}

/// Answers with what it was sent, cookies and all.
fn echo(request: &Request) -> ResponseTemplate {
    let headers = format!("{:?}", request.headers);
    let body = json!({"message": headers, "key": KEY, KEY: [format!("https://a.example/?key={KEY}&n=1")], "n": 1.5e3});
    ResponseTemplate::new(404)
        .set_body_json(body)
        .insert_header("set-cookie", "session=s3cret")
        .insert_header("retry-after", "7")
        .insert_header("x-echo", KEY)
}

#[tokio::test]
async fn responses_are_saved_without_keys_and_cookies_for_their_owner_alone() {
    let upstream = Upstream::start().await;
    Mock::given(any()).respond_with(echo).mount(&upstream.server).await;
    let save = async |names: &[&str]| {
        let mut command = upstream.command(&[&["check", "--pause", "0", "--save", "saved"], names].concat());
        command.env("RAPIDAPI_KEY", KEY);
        checked(command).await
    };
    let first = save(&["tiktok-api23", "instagram-scraper-stable-api"]).await;
    assert_eq!(first.status, Some(1));
    let folder = upstream.folder.path().join("saved");
    let files: BTreeMap<String, String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read_to_string(file.path()).unwrap()))
        .collect();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [
            "instagram-scraper-stable-api.instagram.channel_videos.1.json",
            "instagram-scraper-stable-api.instagram.post_stats.1.json",
            "instagram-scraper-stable-api.instagram.profile.1.json",
            "tiktok-api23.tiktok.channel_videos.1.json",
            "tiktok-api23.tiktok.post_stats.1.json",
            "tiktok-api23.tiktok.profile.1.json",
        ]
    );
    for (name, text) in &files {
        assert!(!text.contains("s3cret") && !text.contains("cookie"), "{name}: {text}");
    }
    let saved: Value = serde_json::from_str(&files["tiktok-api23.tiktok.post_stats.1.json"]).unwrap();
    assert_eq!(saved["link"], "https://www.tiktok.com/@bellapoarch/video/6862153058223197445");
    assert_eq!(saved["asks"], json!(["/api/post/detail?videoId=6862153058223197445"]));
    assert_eq!(saved["status"], 404);
    assert_eq!(saved["headers"], json!({"content-type": "application/json", "retry-after": "7"}));
    assert_eq!(saved["body"]["[key]"], json!(["https://a.example/?key=[key]&n=1"]));
    assert_eq!(saved["body"]["key"], "[key]");
    let form = &files["instagram-scraper-stable-api.instagram.profile.1.json"];
    assert!(form.contains("/ig_get_fb_profile_v3.php username_or_url=instagram"), "{form}");
    #[cfg(unix)]
    assert_eq!((mode(&folder), mode(&folder.join(files.keys().next().unwrap()))), (0o700, 0o600));

    let again = save(&["tiktok-api23"]).await;
    let said = "error: --save: saved has files in it; name an empty folder, or one that does not exist\n";
    assert_eq!((again.status, &*again.err), (Some(1), said));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), files.len());
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_saved_response_has_the_body_that_a_fixture_has() {
    let upstream = Upstream::whole().await;
    let file = subjects(upstream.folder.path());
    let checked = upstream.check(&["youtube-rss", "--save", "saved", "--subjects", file.to_str().unwrap()]).await;
    assert_eq!(checked.status, Some(0), "{}{}", checked.out, checked.err);
    let fixture = fixture(Platform::YouTube, Operation::ChannelVideos, "youtube-rss");
    let saved = |number: usize| -> Value {
        let name = format!("saved/youtube-rss.youtube.channel_videos.{number}.json");
        serde_json::from_slice(&std::fs::read(upstream.folder.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(saved(1)["asks"][0], fixture["asks"][0]);
    assert_eq!(saved(1)["body"], fixture["others"]["/youtubei/v1/navigation/resolve_url"]);
    assert_eq!((&saved(2)["asks"][0], &saved(2)["body"]), (&fixture["asks"][1], &fixture["body"]));
}

#[tokio::test]
async fn a_file_of_subjects_replaces_those_that_it_names_and_no_others() {
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

/// CloudFormation and Secrets Manager in one.
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
    assert!(both.contains("leave one of them out"), "{both}");
}
