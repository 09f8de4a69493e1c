//! `ct providers check --save`.

use std::collections::BTreeMap;
#[cfg(unix)]
use std::path::Path;

use serde_json::{Value, json};
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::Key;
use strum::IntoEnumIterator;
use wiremock::matchers::any;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::stand_ins::*;

/// Answers with the request's headers, cookies included.
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
async fn responses_are_saved_without_keys_and_cookies_and_only_for_their_owner() {
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
    let said = "error: --save: saved contains files; choose an empty folder, or one that does not exist\n";
    assert_eq!((again.status, &*again.err), (Some(1), said));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), files.len());
}

#[tokio::test]
async fn a_check_logs_no_key_at_any_level() {
    let upstream = Upstream::start().await;
    Mock::given(any()).respond_with(echo).mount(&upstream.server).await;
    for json in [&[][..], &["--json"]] {
        let mut command = upstream.command(&[&["check", "--pause", "0"], json].concat());
        command.env("RUST_LOG", "trace");
        Key::iter().for_each(|key| {
            command.env(key.variable(), KEY);
        });
        assert_eq!(checked(command).await.status, Some(1));
    }
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
