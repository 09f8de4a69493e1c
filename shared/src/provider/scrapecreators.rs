//! ScrapeCreators: all six platforms with one key.
//!
//! Source: its published samples and recorded errors. Not found is 404 with `success: false`, or
//! 400 with an equal message on some endpoints; 402 means that the credits are used up. 403 with a
//! message about the content ("This video is age restricted") says nothing about the key.

use std::borrow::Cow;

use async_trait::async_trait;
use percent_encoding::percent_decode_str;

use super::entry::{Entry, Key};
use super::failure::{is_missing, without_echo};
use super::http::{Api, HttpReply};
use super::json::{Body, Json, digits};
use super::listing::{Listing, Page};
use super::shape::{instagram_app, instagram_profile, instagram_web, tiktok_app, tiktok_web, tweet};
use super::{Failure, Provider, UserIds};
use crate::creator::{
    Author, Contact, Details, EmailSource, Media, MediaKind, PostStats, Precision, Profile, Unchecked, Video,
    VideoList, with_scheme,
};
use crate::platform::{Claim, Creator, CreatorKind, IdKind, Platform, Post, facebook, youtube};

pub(super) const ENTRY: Entry =
    Entry::new("scrapecreators", Some(Key::ScrapeCreators), "https://api.scrapecreators.com", |api| {
        Box::new(ScrapeCreators { api })
    });

/// Words in a 403 that is about the key, and not about the subject.
const ABOUT_THE_KEY: [&str; 5] = ["api key", "apikey", "api_key", "credit", "your account"];
/// Words in a 404 that isn't about the subject.
const ABOUT_THE_ROUTE: [&str; 4] = ["key", "route", "endpoint", "path"];

struct ScrapeCreators {
    api: Api,
}

#[async_trait]
impl Provider for ScrapeCreators {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let path = match post.platform {
            Platform::TikTok => "/v2/tiktok/video",
            Platform::Instagram => "/v1/instagram/post",
            Platform::YouTube => "/v1/youtube/video",
            Platform::Twitter => "/v1/twitter/tweet",
            Platform::Facebook => "/v1/facebook/post",
            Platform::LinkedIn => "/v1/linkedin/post",
        };
        let reply = self.get(path, &[("url", &post.url)]).await?;
        let body = Json::from(&reply);
        Ok(match post.platform {
            Platform::TikTok => tiktok_app::post_stats(body.at("aweme_detail")),
            Platform::Instagram => instagram_web::post_stats(body.at("data/xdt_shortcode_media")),
            Platform::YouTube => youtube_stats(body),
            Platform::Twitter => tweet::post_stats(body)?,
            Platform::Facebook => {
                Unchecked::new(facebook_stats(body, &post.url), body.non_blank("url").map(Claim::Address))
            }
            Platform::LinkedIn => Unchecked::new(linkedin_stats(body), body.non_blank("url").map(Claim::Address)),
        })
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let (path, by) = match (creator.platform, creator.kind) {
            (Platform::TikTok, _) => ("/v1/tiktok/profile", by(creator)),
            (Platform::Instagram, CreatorKind::Id) => ("/v1/instagram/basic-profile", ("userId", &*creator.id)),
            (Platform::Instagram, _) => ("/v1/instagram/profile", by(creator)),
            (Platform::YouTube, _) => ("/v1/youtube/channel", by(creator)),
            _ => return Err(Failure::Unable("it has profiles of three platforms")),
        };
        let reply = self.get(path, &[by]).await?;
        let body = Json::from(&reply);
        match (creator.platform, creator.kind) {
            (Platform::TikTok, _) => tiktok_web::profile(body),
            (Platform::Instagram, CreatorKind::Id) => instagram_profile::profile(body, creator),
            (Platform::Instagram, _) => instagram_profile::profile(body.at("data/user"), creator),
            _ => {
                let told = channel(body, creator)?;
                if creator.kind != CreatorKind::Id && told.is_about(creator) {
                    self.api.ids().remember(creator, IdKind::Channel, &body.string("channelId")).await;
                }
                Ok(told)
            }
        }
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for ScrapeCreators {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    /// YouTube's lists don't accept old names.
    fn id_kind(&self, creator: &Creator) -> Option<IdKind> {
        matches!(creator.kind, CreatorKind::User | CreatorKind::Custom | CreatorKind::Unprefixed)
            .then_some(IdKind::Channel)
    }

    async fn find_id(&self, creator: &Creator) -> Result<String, Failure> {
        let reply = self.get("/v1/youtube/channel", &[by(creator)]).await?;
        channel(Json::from(&reply), creator)?.checked(creator)?;
        Ok(Json::from(&reply).string("channelId").into_owned())
    }

    async fn page(&self, creator: &Creator, id: &str, next: Option<&str>) -> Result<Page, Failure> {
        match creator.platform {
            Platform::TikTok => self.tiktok_page(creator, next).await,
            Platform::Instagram => self.instagram_page(creator, next).await,
            _ if self.id_kind(creator).is_some() => self.videos_and_shorts(("channelId", id)).await,
            _ => self.videos_and_shorts(by(creator)).await,
        }
    }
}

impl ScrapeCreators {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        let reply = self.api.get(path, query).await?;
        if reply.status != 200 {
            return Err(refusal(&reply, query));
        }
        let body = reply.json()?;
        let is_success = !Json::from(&body).is_empty() && Json::from(&body).flag("success") != Some(false);
        if is_success { Ok(body) } else { Err(Failure::unavailable("no success")) }
    }

    async fn tiktok_page(&self, creator: &Creator, next: Option<&str>) -> Result<Page, Failure> {
        const PATH: &str = "/v3/tiktok/profile/videos";
        let mut query = vec![by(creator), ("sort_by", "latest")];
        query.extend(next.map(|next| ("max_cursor", next)));
        let mut reply = self.get(PATH, &query).await?;
        // The list may be empty only in the request's own region. A second page would be requested
        // in that region again.
        let is_elsewhere = next.is_none() && Json::from(&reply).at("aweme_list").is_empty();
        if is_elsewhere {
            query.push(("region", "US"));
            reply = self.get(PATH, &query).await?;
        }
        let body = Json::from(&reply);
        if !body.is_list("aweme_list") && (!body.lacks("aweme_list") || body.lacks("has_more")) {
            return Err(Failure::unavailable("no list"));
        }
        Ok(Page {
            authors: body.items("aweme_list").map(tiktok_app::author).collect(),
            videos: body.items("aweme_list").filter_map(|aweme| tiktok_app::video(aweme, creator)).collect(),
            next: (body.is_true("has_more") && !is_elsewhere).then(|| body.string("max_cursor").into_owned()),
        })
    }

    /// With the id, it lists only reels.
    async fn instagram_reels(&self, creator: &Creator, next: Option<&str>) -> Result<Page, Failure> {
        let mut query = vec![by(creator)];
        query.extend(next.map(|next| ("max_id", next)));
        let reply = self.get("/v1/instagram/user/reels", &query).await?;
        let body = Json::from(&reply);
        if !body.is_list("items") {
            return Err(Failure::unavailable("no list"));
        }
        let media = || body.items("items").map(|item| item.at("media"));
        let has_more = body.is_true("paging_info/more_available");
        Ok(Page {
            authors: media().flat_map(instagram_app::authors).collect(),
            videos: media().filter_map(|media| instagram_app::video(media, creator, &creator.id)).collect(),
            next: has_more.then(|| body.string("paging_info/max_id").into_owned()),
        })
    }

    async fn instagram_page(&self, creator: &Creator, next: Option<&str>) -> Result<Page, Failure> {
        if creator.kind == CreatorKind::Id {
            return self.instagram_reels(creator, next).await;
        }
        let mut query = vec![by(creator)];
        query.extend(next.map(|next| ("next_max_id", next)));
        let reply = self.get("/v2/instagram/user/posts", &query).await?;
        let body = Json::from(&reply);
        if !body.is_list("items") {
            return Err(Failure::unavailable("no list"));
        }
        let pk = body.string("user/pk");
        Ok(Page {
            authors: body.items("items").flat_map(instagram_app::authors).collect(),
            videos: body.items("items").filter_map(|media| instagram_app::video(media, creator, &pk)).collect(),
            next: body.is_true("more_available").then(|| body.string("next_max_id").into_owned()),
        })
    }

    /// The list of videos has neither shorts nor broadcasts, and a channel may have only one kind.
    async fn videos_and_shorts(&self, by: (&str, &str)) -> Result<Page, Failure> {
        let (of_videos, of_shorts) = ([by, ("sort", "latest")], [by, ("sort", "newest")]);
        let videos = self.get("/v1/youtube/channel-videos", &of_videos);
        let shorts = self.get("/v1/youtube/channel/shorts", &of_shorts);
        let (videos, shorts) = match tokio::join!(videos, shorts) {
            (Err(Failure::NotFound), Err(Failure::NotFound)) => return Err(Failure::NotFound),
            (Err(Failure::NotFound), shorts) => (Body::default(), shorts?),
            (videos, Err(Failure::NotFound)) => (videos?, Body::default()),
            (videos, shorts) => (videos?, shorts?),
        };
        let (videos, shorts) = (Json::from(&videos), Json::from(&shorts));
        let is_readable = |body: Json<'_>, list| body.is_empty() || body.is_list(list);
        if !is_readable(videos, "videos") || !is_readable(shorts, "shorts") {
            return Err(Failure::unavailable("no list"));
        }
        let all = videos.items("videos").chain(shorts.items("shorts")).filter_map(youtube_video);
        Ok(Page { videos: all.collect(), ..Page::default() })
    }
}

/// The parameter that names the creator.
fn by(creator: &Creator) -> (&'static str, &str) {
    match (creator.platform, creator.kind) {
        (_, CreatorKind::Handle) => ("handle", &creator.id),
        (Platform::YouTube, CreatorKind::Id) => ("channelId", &creator.id),
        (_, CreatorKind::Id) => ("user_id", &creator.id),
        _ => ("url", &creator.url),
    }
}

fn channel(channel: Json<'_>, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
    let id = channel.string("channelId");
    let address = channel.string("channel");
    let handle = address.rsplit_once('@').map(|(_, handle)| percent_decode_str(handle).decode_utf8_lossy());
    if !youtube::is_channel_id(&id) {
        return Err(Failure::unavailable("no channel id"));
    }
    let claims = [Some(Claim::id(&*id)), handle.as_ref().map(|handle| Claim::name(&**handle))];
    // For example "9,221 videos".
    let videos = channel.string("videoCountText");
    let links = || channel.items("links").filter_map(|item| item.non_blank(""));
    let email = channel.non_blank("email").map(|text| Contact { source: EmailSource::PublicEmail, text });
    let profile = Profile {
        username: handle.map_or_else(|| creator.name_or(&id), Cow::into_owned),
        full_name: channel.non_blank("name"),
        bio: channel.trimmed("description"),
        profile_pic_url: channel.items("avatar/image/sources").filter_map(|size| size.non_blank("url")).last(),
        followers: channel.count("subscriberCount"),
        posts_count: videos.split(' ').next().and_then(digits),
        external_url: links().next().as_deref().and_then(with_scheme),
        contacts: email.into_iter().chain(links().map(|text| Contact { source: EmailSource::Link, text })).collect(),
        id: Some(id.into_owned()),
        ..Profile::default()
    };
    Ok(Unchecked::new(profile, claims.into_iter().flatten()))
}

/// If a video isn't a short, its time is calculated from "9 days ago". A video without any time
/// isn't published yet.
fn youtube_video(video: Json<'_>) -> Option<Video> {
    let id = video.non_blank("id")?;
    let published = video.moment("publishDate");
    let created_at = published.or_else(|| video.moment("publishedTime"));
    let mut stats = counts(video);
    // Without other counts, zero often means "unknown".
    stats.views = stats.views.filter(|views| *views > 0 || published.is_some());
    Some(Video {
        url: youtube::video_url(&id)?,
        description: video.non_blank("title"),
        stats,
        created_at,
        is_dated_roughly: published.is_none(),
        is_live: video.lacks("publishDate") && video.lacks("publishedTime"),
        media: youtube_media(video),
        id,
        ..Video::default()
    })
}

/// The related videos in `watchNextVideos` have rounded counts; the video's own are exact.
fn youtube_stats(video: Json<'_>) -> Unchecked<PostStats> {
    let channel = video.at("channel");
    let details = Details {
        author: Author {
            username: channel.non_blank("handle").map(|handle| handle.trim_start_matches('@').to_owned()),
            name: channel.non_blank("title"),
            id: channel.non_blank("id"),
        },
        caption: video.non_blank("title"),
        published_at: video.moment("publishDate"),
        media: youtube_media(video),
        ..Details::default()
    };
    Unchecked::new(PostStats { details, ..counts(video) }, [Claim::id(video.string("id"))])
}

fn youtube_media(video: Json<'_>) -> Media {
    let kind = match &*video.string("type") {
        "video" => Some(MediaKind::Video),
        "short" => Some(MediaKind::Short),
        _ => None,
    };
    let duration_seconds = video.duration("lengthSeconds").or_else(|| video.duration_of_millis("durationMs"));
    Media { kind, duration_seconds, thumbnail_url: video.address("thumbnail") }
}

fn counts(video: Json<'_>) -> PostStats {
    PostStats {
        views: video.count("viewCountInt"),
        likes: video.count("likeCountInt"),
        comments: video.count("commentCountInt"),
        ..PostStats::default()
    }
}

/// One reel has three different ids, so its `post_id` proves nothing.
fn facebook_stats(post: Json<'_>, url: &str) -> PostStats {
    let has_video = post.at("video").is_object() && !post.at("video").is_empty();
    let is_video = has_video || facebook::is_video(url);
    let views = post.count("view_count").filter(|views| *views > 0 || is_video);
    PostStats {
        views,
        likes: post.count("like_count"),
        comments: post.count("comment_count"),
        shares: post.count("share_count"),
        // Rounded like the number on the page: the published sample has 133,000.
        precision: if views.is_some_and(|views| views > 0) { Precision::Rounded } else { Precision::Exact },
        viewless: !is_video && (post.at("view_count").is_empty() || post.count("view_count") == Some(0)),
        details: facebook_details(post, is_video),
        ..PostStats::default()
    }
}

fn facebook_details(post: Json<'_>, is_video: bool) -> Details {
    let author = post.at("author");
    Details {
        author: Author { name: author.non_blank("name"), id: author.non_blank("id"), username: None },
        caption: post.non_blank("description"),
        published_at: post.moment("creation_time"),
        media: Media {
            kind: is_video.then_some(MediaKind::Video),
            duration_seconds: post.duration("video/length_in_second"),
            thumbnail_url: post.address("video/thumbnail").or_else(|| post.address("image_url")),
        },
        ..Details::default()
    }
}

fn linkedin_stats(post: Json<'_>) -> PostStats {
    let details = Details {
        author: Author { name: post.non_blank("author/name"), ..Author::default() },
        caption: post.non_blank("description"),
        published_at: post.moment("datePublished"),
        ..Details::default()
    };
    PostStats { likes: post.count("likeCount"), comments: post.count("commentCount"), details, ..PostStats::default() }
}

fn refusal(reply: &HttpReply, asked: &[(&str, &str)]) -> Failure {
    let Ok(body) = reply.json() else {
        // Its firewall blocks requests with HTML, with any status.
        let is_html = matches!(reply.status, 403 | 404);
        return if is_html { Failure::unavailable("HTML") } else { refusal_by_status(reply) };
    };
    let body = Json::from(&body);
    let message = body.non_blank("message").or_else(|| body.non_blank("error")).unwrap_or_default().to_lowercase();
    match reply.status {
        403 if is_about_the_key(&message, asked) => Failure::KeyRefused,
        403 => Failure::unavailable("status 403 about the content"),
        400 | 404 if body.flag("success") != Some(true) && is_missing(&message) => missing(asked),
        400 | 404 if body.flag("success") == Some(false) && body.string("error") == "not_found" => missing(asked),
        404 if body.flag("success") == Some(false) && !ABOUT_THE_ROUTE.iter().any(|words| message.contains(words)) => {
            Failure::PerhapsNotFound("status 404")
        }
        _ => refusal_by_status(reply),
    }
}

/// The meaning of "not found". If the subject was requested by its address, this response was also
/// seen for an existing subject.
fn missing(asked: &[(&str, &str)]) -> Failure {
    let is_by_address = asked.iter().any(|(name, _)| *name == "url");
    if is_by_address { Failure::PerhapsNotFound("not found at this address") } else { Failure::NotFound }
}

fn refusal_by_status(reply: &HttpReply) -> Failure {
    match reply.status {
        401 => Failure::KeyRefused,
        402 => Failure::OutOfQuota,
        _ => reply.failure(),
    }
}

/// Whether a 403 with this message is about the key.
fn is_about_the_key(message: &str, asked: &[(&str, &str)]) -> bool {
    let own = without_echo(message, asked);
    ["", "forbidden"].contains(&message) || ABOUT_THE_KEY.iter().any(|words| own.contains(words))
}
