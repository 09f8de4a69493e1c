//! Creators.

use serde_json::Value;

use super::posts::counts;
use super::{count, day, title, views, word};

fn creator(data: &Value) -> String {
    format!("@{} on {}", word(&data["username"]), title(data))
}

/// A profile. The bio is only in the structured answer, because a stranger wrote it.
pub(super) fn profile(data: &Value) -> String {
    let followers = count(&data["followers"], "followers");
    let posts = count(&data["posts_count"], "posts");
    let following = data["following"]
        .as_u64()
        .map_or("following unknown".to_owned(), |number| format!("following {}", super::grouped(number)));
    let verified = match data["is_verified"].as_bool() {
        Some(true) => "verified",
        Some(false) => "not verified",
        None => "whether verified is unknown",
    };
    let website = data["external_url"].as_str().map(|url| format!(" Website: {url}.")).unwrap_or_default();
    let precision = if data["precision"] == "exact" { "" } else { " The counts are rounded." };
    format!("{}: {followers}, {following}, {posts}, {verified}.{website}{precision}", creator(data))
}

/// A list with one line per video.
pub(super) fn videos(data: &Value) -> String {
    let videos = data["videos"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines = vec![format!("The {} most recent posts of {}, newest first:", videos.len(), creator(data))];
    lines.extend(videos.iter().enumerate().map(|(place, video)| {
        let pinned = if video["is_pinned"] == true { ", pinned" } else { "" };
        let counts = counts(video, &Value::Null, &data["views_kind"]);
        format!("{}. {}{pinned}: {counts}: {}", place + 1, day(&video["created_at"]), word(&video["url"]))
    }));
    if videos.is_empty() {
        lines = vec![format!("This list has no posts of {}.", creator(data))];
    }
    lines.join("\n")
}

/// The median.
pub(super) fn median(data: &Value) -> String {
    let analyzed = &data["videos_analyzed"];
    let median = views(&data["median_views"], &data["views_kind"]);
    let rounded = if data["precision"] == "exact" { "" } else { " The counts are rounded." };
    format!("Posts of {} usually have {median}: the median of {analyzed} recent ones.{rounded}", creator(data))
}

/// The address.
pub(super) fn email(data: &Value) -> String {
    match (data["email"].as_str(), data["source"].as_str()) {
        (Some(address), source) => {
            let source = source.map(|source| format!(" (from: {})", source.replace('_', " ")));
            format!("{} shows {address}{}.", creator(data), source.unwrap_or_default())
        }
        (None, _) => format!("{} shows no e-mail address in public.", creator(data)),
    }
}
