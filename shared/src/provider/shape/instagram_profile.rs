//! An Instagram profile, as the website (`edge_followed_by`) or the app (`follower_count`) has it.

use crate::creator::{Contact, EmailSource, Profile, link};
use crate::provider::Failure;
use crate::provider::json::Json;

/// The profile in `user`, if it is this creator's.
pub fn profile(user: Json<'_>, username: &str) -> Result<Profile, Failure> {
    if !user.text("username").eq_ignore_ascii_case(username) {
        return Err(Failure::unavailable("the answer is about another creator"));
    }
    let count = |web, app| user.count(web).or_else(|| user.count(app));
    let links = || user.items("bio_links").filter_map(|item| item.said("url"));
    Ok(Profile {
        username: user.text("username").into_owned(),
        full_name: user.said("full_name"),
        bio: user.said("biography"),
        profile_pic_url: picture(user),
        followers: count("edge_followed_by/count", "follower_count"),
        following: count("edge_follow/count", "following_count"),
        posts_count: count("edge_owner_to_timeline_media/count", "media_count"),
        is_verified: user.flag("is_verified"),
        is_private: user.flag("is_private") == Some(true),
        external_url: user.said("external_url").or_else(|| links().next()).as_deref().and_then(link),
        contacts: contacts(user, links()),
        ..Profile::default()
    })
}

fn picture(user: Json<'_>) -> Option<String> {
    ["hd_profile_pic_url_info/url", "profile_pic_url_hd", "profile_pic_url"].iter().find_map(|path| user.said(path))
}

fn contacts(user: Json<'_>, links: impl Iterator<Item = String>) -> Vec<Contact> {
    let public = user.said("public_email").map(|text| Contact { source: EmailSource::PublicEmail, text });
    let business = user.said("business_email").map(|text| Contact { source: EmailSource::BusinessEmail, text });
    let links = links.map(|text| Contact { source: EmailSource::Link, text });
    public.into_iter().chain(business).chain(links).collect()
}
