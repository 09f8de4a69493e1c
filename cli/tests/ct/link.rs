//! `ct link`.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn link_prints_one_object_per_link_from_the_command_line_or_standard_input() {
    use tokio::io::AsyncWriteExt;
    let folder = TempDir::new().unwrap();
    let links = [
        "https://m.tiktok.com/v/7106594312292453675.html",
        "https://www.instagram.com/Some.One/",
        "https://youtu.be/nothing",
        "https://fb.watch/abc123/",
        "https://example.com/",
    ];
    let expected = [
        json!({"url": links[0], "platform": "tiktok", "kind": "post", "id": "7106594312292453675",
            "canonical_url": "https://www.tiktok.com/@/video/7106594312292453675"}),
        json!({"url": links[1], "platform": "instagram", "kind": "creator", "id": "some.one",
            "canonical_url": "https://www.instagram.com/some.one/"}),
        json!({"url": links[2], "platform": "youtube", "kind": "other", "id": null, "canonical_url": null,
            "error": "this is a YouTube link whose video id is not one; send the link of one post"}),
        json!({"url": links[3], "platform": "facebook", "kind": "short", "id": "abc123",
            "canonical_url": "https://fb.watch/abc123/"}),
        json!({"url": links[4], "platform": null, "kind": "other", "id": null, "canonical_url": null,
            "error": "links of example.com are not supported; \
                      send a link of TikTok, Instagram, YouTube, X, Facebook or LinkedIn"}),
    ];
    let read = |text: &str| text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
    let arguments: Vec<&str> = std::iter::once("link").chain(links).collect();
    assert_eq!(read(&print(folder.path(), &arguments).await), expected);

    let mut command = ct(folder.path());
    let mut process = command.arg("link").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(links.join("\r\n").as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    assert_eq!(read(&String::from_utf8(output.stdout).unwrap()), expected);
    assert!(!folder.path().join(".ct").exists(), "it needs no data");
}
