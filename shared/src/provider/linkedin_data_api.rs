//! linkedin-data-api on RapidAPI (by RockAPIs).
//!
//! Source: recorded posts in the envelope that callers read. Failures are HTTP 200 with `success:
//! false` and a message. `urn` is a bare activity id, and `postUrl` contains one of the three ids.
//! `totalReactionCount` alone is the number of all reactions; the sum of the counts per kind is
//! higher.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::Json;
use super::rapidapi::{Product, missing_item};
use super::{Failure, Provider};
use crate::creator::{Author, Details, PostStats, Unchecked};
use crate::platform::{Claim, Post};

pub(super) const ENTRY: Entry =
    Entry::on_rapidapi("linkedin-data-api", "https://linkedin-data-api.p.rapidapi.com", |api| {
        Box::new(LinkedInDataApi { api: Product::new(api) })
    });

struct LinkedInDataApi {
    api: Product,
}

#[async_trait]
impl Provider for LinkedInDataApi {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.api.get("/get-post", &[("url", &post.url)]).await?;
        let body = Json::from(&reply);
        if body.flag("success") == Some(false) {
            return Err(missing_item(body, Failure::unavailable("success false")));
        }
        let data = body.at("data");
        let stats = PostStats {
            likes: data.count("totalReactionCount"),
            comments: data.count("commentsCount"),
            shares: data.count("repostsCount"),
            details: details(data),
            ..PostStats::default()
        };
        let claims = [data.non_blank("urn").map(Claim::id), data.non_blank("postUrl").map(Claim::Address)];
        Ok(Unchecked::new(stats, claims.into_iter().flatten()))
    }
}

fn details(data: Json<'_>) -> Details {
    let author = data.at("author");
    Details {
        author: Author {
            username: author.non_blank("username"),
            name: author.non_blank_joined(["firstName", "lastName"]),
            id: None,
        },
        caption: data.non_blank("text"),
        published_at: data.moment_as("postedDate", "%Y-%m-%d %H:%M:%S%.f %z UTC"),
        ..Details::default()
    }
}
