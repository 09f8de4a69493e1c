//! An Instagram profile in the website's form (`edge_followed_by`) or the app's (`follower_count`).

use url::Url;

use crate::creator::{Contact, EmailSource, Profile, Unchecked, non_blank, with_scheme};
use crate::platform::{Claim, Creator, CreatorKind};
use crate::provider::Failure;
use crate::provider::json::Json;

/// The `pk` at this path, if it is valid.
pub fn pk(user: Json<'_>, path: &str) -> Option<String> {
    user.non_blank(path).filter(|pk| pk.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The profile's claims about its creator.
pub fn claims(user: Json<'_>) -> impl Iterator<Item = Claim> {
    let id = pk(user, "pk").or_else(|| pk(user, "id"));
    user.non_blank("username").map(Claim::name).into_iter().chain(id.map(Claim::id))
}

/// The profile in `user`. A profile without a name gets the requested name.
///
/// # Errors
/// If it has no name, and none was requested.
pub fn profile(user: Json<'_>, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
    let asked = (creator.kind == CreatorKind::Handle).then(|| creator.id.clone());
    let username = user.non_blank("username").or(asked).ok_or_else(|| Failure::unavailable("no name"))?;
    let count = |web, app| user.count(web).or_else(|| user.count(app));
    let links = links(user);
    let profile = Profile {
        username,
        full_name: user.non_blank("full_name"),
        bio: user.trimmed("biography"),
        profile_pic_url: picture(user),
        followers: count("edge_followed_by/count", "follower_count"),
        following: count("edge_follow/count", "following_count"),
        posts_count: count("edge_owner_to_timeline_media/count", "media_count"),
        is_verified: user.flag("is_verified"),
        is_private: user.flag("is_private") == Some(true),
        external_url: links.first().and_then(|first| with_scheme(first)),
        contacts: contacts(user, links),
        id: pk(user, "pk").or_else(|| pk(user, "id")),
        ..Profile::default()
    };
    Ok(Unchecked::new(profile, claims(user)))
}

/// The creator's links, the most prominent one first.
fn links(user: Json<'_>) -> Vec<String> {
    let listed = user.items("bio_links").filter_map(|item| item.non_blank("url").or_else(|| wrapped(item, "lynx_url")));
    let mut links: Vec<_> = listed.collect();
    let wrappings = ["external_lynx_url", "external_url_linkshimmed"];
    let shown = user.non_blank("external_url").or_else(|| wrappings.iter().find_map(|path| wrapped(user, path)));
    if let Some(shown) = shown {
        links.retain(|link| *link != shown);
        links.insert(0, shown);
    }
    links
}

/// The target of one of Instagram's own links: `https://l.instagram.com/?u=…`.
fn wrapped(user: Json<'_>, path: &str) -> Option<String> {
    let address = Url::parse(&user.string(path)).ok()?;
    address.query_pairs().find(|(name, _)| name == "u").and_then(|(_, target)| non_blank(&target))
}

fn picture(user: Json<'_>) -> Option<String> {
    ["hd_profile_pic_url_info/url", "profile_pic_url_hd", "profile_pic_url"]
        .iter()
        .find_map(|path| user.non_blank(path))
}

fn contacts(user: Json<'_>, links: Vec<String>) -> Vec<Contact> {
    let public = user.non_blank("public_email").map(|text| Contact { source: EmailSource::PublicEmail, text });
    let business = user.non_blank("business_email").map(|text| Contact { source: EmailSource::BusinessEmail, text });
    let links = links.into_iter().map(|text| Contact { source: EmailSource::Link, text });
    public.into_iter().chain(business).chain(links).collect()
}
