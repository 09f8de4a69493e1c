//! Whether an answer is about the post that was asked for, where a post has more ids than one.

use super::Failure;
use super::json::Json;
use crate::platform::{Link, Platform, Post, parse};

/// Refuses an answer that names another post at one of these paths, by a link or an id. Of posts with several ids, those of different
/// kinds prove nothing: LinkedIn's activity, share and ugcPost; Facebook's, of which only a reel's was the one asked for in every
/// recorded answer.
///
/// # Errors
/// When it is about another post.
pub fn not_another(post: &Post, body: Json<'_>, paths: &[&str]) -> Result<(), Failure> {
    let is_another = |path: &&str| named(post, &body.text(path)).is_some_and(|told| is_other(post, &told));
    if paths.iter().any(is_another) { Err(Failure::unavailable("the answer is about another post")) } else { Ok(()) }
}

/// The post that a text of the body names.
fn named(post: &Post, text: &str) -> Option<Post> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // LinkedIn's providers leave the beginning of the most frequent kind out.
    let is_activity = is_number && post.platform == Platform::LinkedIn;
    let text = if is_activity { &*["urn:li:activity:", text].concat() } else { text };
    match parse(text, Some(post.platform)) {
        Ok(Link::Post(told)) => Some(told),
        _ => None,
    }
}

fn is_other(post: &Post, told: &Post) -> bool {
    let is_reel = |post: &Post| post.url.contains("/reel/");
    let is_comparable = match post.platform {
        Platform::LinkedIn => post.urn == told.urn,
        Platform::Facebook => is_reel(post) && is_reel(told),
        _ => true,
    };
    is_comparable && post.id != told.id
}
