//! Posts.

use serde_json::Value;

use super::{count, day, dry_run, title, views, word};

/// One post and its counts.
pub(super) fn one(data: &Value) -> String {
    let details = &data["details"];
    let author = details["author"]["username"].as_str().map(|name| format!(" by @{name}")).unwrap_or_default();
    let (title, address, day) = (title(data), word(&data["post_url"]), day(&details["published_at"]));
    let rate = data["engagement_rate"].as_f64().map(|rate| format!(" Engagement rate: {:.2} %.", rate * 100.0));
    let precision = if data["precision"] == "exact" { "" } else { " The counts are rounded." };
    format!(
        "{title} post{author}, {day}: {}.{}{precision}\n{address}",
        counts(data, details, &data["views_kind"]),
        rate.unwrap_or_default()
    )
}

/// The counts of a post or a video.
pub(super) fn counts(data: &Value, details: &Value, views_kind: &Value) -> String {
    let mut counts = vec![views(&data["views"], views_kind)];
    counts.extend(["likes", "comments", "shares"].map(|name| count(&data[name], name)));
    if details.get("saves").is_some() {
        counts.push(count(&details["saves"], "saves"));
    }
    counts.join(", ")
}

/// Many posts, one line for each.
pub(super) fn many(data: &Value) -> String {
    let results = data["results"].as_array().map_or(&[][..], Vec::as_slice);
    let summary = &data["summary"];
    let [fresh, cached, failed, refused] = ["fresh", "cached", "failed", "refused"].map(|name| &summary[name]);
    let mut lines =
        vec![format!("{} posts: {fresh} fresh, {cached} cached, {failed} failed, {refused} refused.", results.len())];
    lines.extend(results.iter().enumerate().map(|(place, result)| format!("{}. {}", place + 1, result_line(result))));
    lines.join("\n")
}

fn result_line(result: &Value) -> String {
    let data = &result["data"];
    if data["dry_run"] == true {
        return dry_run(data);
    }
    if data.is_object() {
        let counts = counts(data, &data["details"], &data["views_kind"]);
        return format!("{}: {counts}", word(&data["post_url"]));
    }
    let input = result["input"].as_str().or(result["input"]["url"].as_str()).unwrap_or("the sent post");
    let input: String = input.chars().take(100).collect();
    let retry = result["retry_after"].as_u64().map(|seconds| format!("; retry after {seconds} seconds"));
    format!("{input}: {} ({}{})", word(&result["error"]), word(&result["code"]), retry.unwrap_or_default())
}
