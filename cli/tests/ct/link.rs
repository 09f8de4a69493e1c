//! `ct link`.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::harness::*;

#[tokio::test]
async fn link_prints_one_object_per_text_from_the_command_line_or_standard_input() {
    let folder = TempDir::new().unwrap();
    let texts = [
        "https://m.tiktok.com/v/7106594312292453675.html",
        "2) Jane: https://www.instagram.com/Some.One/ (50k)",
        "https://youtu.be/nothing",
        "https://fb.watch/abc123/",
        "https://example.com/",
    ];
    let row = |input: &str, rest: Value| {
        let mut row = json!({"input": input, "url": input});
        row.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        row
    };
    let expected = [
        row(
            texts[0],
            json!({"platform": "tiktok", "kind": "post", "id": "7106594312292453675",
                "canonical_url": "https://www.tiktok.com/@/video/7106594312292453675"}),
        ),
        row(
            texts[1],
            json!({"platform": "instagram", "kind": "creator", "id": "some.one",
                "canonical_url": "https://www.instagram.com/some.one/"}),
        ),
        row(
            texts[2],
            json!({"platform": "youtube", "kind": "other", "id": null, "canonical_url": null,
                "error": "this is a YouTube link with an invalid video id; send the link of one post"}),
        ),
        row(
            texts[3],
            json!({"platform": "facebook", "kind": "short", "id": "abc123",
                "canonical_url": "https://fb.watch/abc123/"}),
        ),
        row(
            texts[4],
            json!({"platform": null, "kind": "other", "id": null, "canonical_url": null,
                "error": "links of example.com are not supported; \
                          send a link of TikTok, Instagram, YouTube, X, Facebook or LinkedIn"}),
        ),
    ];
    let read = |text: &str| text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
    let arguments: Vec<&str> = std::iter::once("link").chain(texts).collect();
    assert_eq!(read(&print(folder.path(), &arguments).await), expected);

    let output = piped(folder.path(), &["link"], &texts.join("\r\n")).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(read(&String::from_utf8(output.stdout).unwrap()), expected);
    assert!(!folder.path().join(".ct").exists(), "ct link creates no data");
}

#[tokio::test]
async fn link_exits_with_status_1_only_if_strict_and_any_line_is_refused() {
    let folder = TempDir::new().unwrap();
    let good = "Link: https://x.com/a/status/20\n\u{201C}https://youtu.be/dQw4w9WgXcQ\u{201D}\n";
    let bad = [good, "hello\n"].concat();
    for (arguments, text, status) in
        [(&["link", "--strict"][..], good, 0), (&["link", "--strict"], &bad, 1), (&["link"], &bad, 0)]
    {
        let output = piped(folder.path(), arguments, text).await;
        assert_eq!(output.status.code(), Some(status), "{arguments:?} {text:?}");
        assert_eq!(output.stdout.split(|byte| *byte == b'\n').count(), text.lines().count() + 1);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, if status == 1 { "error: 1 of 3 were refused\n" } else { "" });
    }
}

async fn piped(folder: &Path, arguments: &[&str], text: &str) -> Output {
    let mut command = ct(folder);
    let mut process =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    process.wait_with_output().await.unwrap()
}
