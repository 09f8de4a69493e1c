//! fresh-linkedin-profile-data on RapidAPI (by freshdata).
//!
//! Rests on recorded answers of `/get-post-details`, which takes a bare activity id alone: a URN or another kind of id is HTTP 400.
//! `num_likes` counts one of the reactions, `num_reactions` all; where that is missing, all there are add up to it. HTTP 200 with empty
//! `data` is a post that it can't find. Nobody passes on LinkedIn's views.

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::{Post, Urn};

pub const NAME: &str = "fresh-linkedin-profile-data";

/// The kinds of reactions; those that nobody gave are left out.
const REACTIONS: [&str; 6] =
    ["num_likes", "num_praises", "num_empathy", "num_interests", "num_appreciations", "num_entertainments"];

pub struct FreshLinkedInProfileData(pub Product);

#[async_trait]
impl Provider for FreshLinkedInProfileData {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        if post.urn != Some(Urn::Activity) {
            return Err(Failure::NotAsked("it takes activity ids alone"));
        }
        let reply = self.0.get("/get-post-details", &[("urn", &post.id)]).await?;
        if reply.status == 404 {
            return Err(Failure::PerhapsNotFound("status 404"));
        }
        let body = reply.json()?;
        let body = Json::from(&body);
        let data = body.at("data");
        if body.is_object() && data.is_empty() {
            return Err(Failure::PerhapsNotFound("no data"));
        }
        if data.text("urn") != post.id {
            return Err(Failure::unavailable("the answer is about another post"));
        }
        trustworthy(PostStats {
            likes: data.count("num_reactions").or_else(|| all_reactions(data)),
            comments: data.count("num_comments"),
            shares: data.count("num_reposts").or_else(|| data.count("num_shares")),
            ..PostStats::default()
        })
    }
}

fn all_reactions(data: Json<'_>) -> Option<u64> {
    // Without the most common kind the others' sum would pass for all.
    data.count("num_likes")?;
    REACTIONS.iter().filter_map(|kind| data.count(kind)).try_fold(0, u64::checked_add)
}
