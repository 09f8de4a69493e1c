//! fresh-linkedin-profile-data on RapidAPI (by freshdata).
//!
//! Source: recorded answers of `/get-post-details`, which accepts only a bare activity id: a URN or
//! another kind of id returns HTTP 400. `num_likes` counts one kind of reaction, and
//! `num_reactions` counts all; if it is missing, the sum of the kinds is used. HTTP 200 with empty
//! `data` means that it can't find the post. No provider has LinkedIn's views.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::Json;
use super::rapidapi::Product;
use super::{Failure, Provider};
use crate::creator::{Author, Details, PostStats, Unchecked};
use crate::platform::{Claim, Post, Urn};

pub(super) const ENTRY: Entry =
    Entry::on_rapidapi("fresh-linkedin-profile-data", "https://fresh-linkedin-profile-data.p.rapidapi.com", |api| {
        Box::new(FreshLinkedInProfileData { api: Product::new(api) })
    });

/// The kinds of reactions. Source: recorded answers, except for the last one, "funny", which is
/// LinkedIn's own name.
const KINDS: [&str; 6] =
    ["num_likes", "num_praises", "num_empathy", "num_interests", "num_appreciations", "num_entertainments"];

struct FreshLinkedInProfileData {
    api: Product,
}

#[async_trait]
impl Provider for FreshLinkedInProfileData {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        if post.urn != Some(Urn::Activity) {
            return Err(Failure::Unable("it takes activity ids alone"));
        }
        let reply = self.api.find("/get-post-details", &[("urn", &post.id)]).await?;
        let reply = reply.ok_or(Failure::PerhapsNotFound("status 404"))?;
        let body = Json::from(&reply);
        let data = body.at("data");
        if data.is_empty() && ["", "ok", "success"].contains(&&*body.string("message")) && body.is_object() {
            return Err(Failure::PerhapsNotFound("no data"));
        }
        let stats = PostStats {
            likes: data.count("num_reactions").or_else(|| all_reactions(data)),
            comments: data.count("num_comments"),
            shares: data.count("num_reposts").or_else(|| data.count("num_shares")),
            details: details(data),
            ..PostStats::default()
        };
        let address = data.non_blank("post_url").map(Claim::Address);
        Ok(Unchecked::new(stats, [Some(Claim::id(data.string("urn"))), address].into_iter().flatten()))
    }
}

/// The time in `posted` is left out: it has no time zone, and isn't always LinkedIn's time.
fn details(data: Json<'_>) -> Details {
    let poster = data.at("poster");
    Details {
        author: Author {
            username: poster.non_blank("public_id"),
            name: poster.non_blank("name").or_else(|| poster.non_blank_joined(["first", "last"])),
            id: poster.non_blank("urn"),
        },
        caption: data.non_blank("text"),
        ..Details::default()
    }
}

/// The sum of all kinds. The body leaves out kinds without reactions. Without the most common kind
/// there is no sum, because an incomplete sum would look complete.
fn all_reactions(data: Json<'_>) -> Option<u64> {
    data.count("num_likes")?;
    let mut kinds = KINDS.into_iter().filter(|kind| !data.lacks(kind));
    kinds.try_fold(0_u64, |sum, kind| sum.checked_add(data.count(kind)?))
}
