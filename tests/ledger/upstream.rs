//! The providers and the platform's short links, inside the process: the present health of each,
//! and the true answers.

use std::sync::LazyLock;
use std::time::Duration;

use enum_map::EnumMap;
use fastrand::Rng;
use serde_json::{Value, json};
use shared::creator::Operation;
use shared::platform::Platform;
use system_tests::fixtures::Fixture;

/// In the order of the chain. The first provider's "not found" isn't a proof.
pub const PROVIDERS: [&str; 2] = ["tikwm", "scrapecreators"];
/// The host that replaces all hosts of short links.
pub const SHORT_LINKS: &str = "short";

/// Each provider's body for each operation, which is then changed to be about the subject.
static BODIES: LazyLock<EnumMap<Operation, [Value; PROVIDERS.len()]>> = LazyLock::new(|| {
    EnumMap::from_fn(|operation| {
        PROVIDERS.map(|provider| {
            let fixture = Fixture::of(operation, Platform::TikTok, provider);
            fixture.complete().body(&fixture)
        })
    })
});

/// The health of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    Slow,
    Silent,
    Failing,
    Busy,
    OutOfQuota,
    Garbled,
}

impl Health {
    pub fn any(random: &mut Rng) -> Self {
        let all = [Self::Slow, Self::Silent, Self::Failing, Self::Busy, Self::OutOfQuota, Self::Garbled];
        // Providers are mostly healthy.
        *random.choice([[Self::Well; 6], all].as_flattened()).expect("some")
    }
}

/// The subject of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Post(u64),
    Creator(u64),
    /// A short link to the post with this number.
    Short(u64),
    /// This many posts from this one on, this one again, and a short link to it.
    Posts(u64, u64),
}

impl Subject {
    /// The id or handle in the provider's request.
    pub fn id(self) -> String {
        match self {
            Self::Post(number) | Self::Short(number) | Self::Posts(number, _) => {
                (7_000_000_000_000_000_000 + number).to_string()
            }
            Self::Creator(number) => format!("someone{number}"),
        }
    }

    /// Whether the subject exists.
    pub fn exists(self) -> bool {
        self.number() % 7 != 6
    }

    /// The request's body.
    pub fn body(self) -> Value {
        match self {
            Self::Post(_) => json!({"url": format!("https://www.tiktok.com/@a/video/{}", self.id())}),
            Self::Creator(_) => json!({"username": self.id(), "platform": "tiktok"}),
            Self::Short(number) => json!({"url": format!("https://vm.tiktok.com/ZMShort{number}/")}),
            Self::Posts(..) => json!({"posts": self.each().iter().map(|one| one.body()).collect::<Vec<_>>()}),
        }
    }

    /// The subjects of the request, in order.
    pub fn each(self) -> Vec<Self> {
        match self {
            Self::Posts(first, count) => {
                let posts = (first..first + count).map(Self::Post);
                posts.chain([Self::Post(first), Self::Short(first)]).collect()
            }
            one => vec![one],
        }
    }

    const fn number(self) -> u64 {
        let (Self::Post(number) | Self::Creator(number) | Self::Short(number) | Self::Posts(number, _)) = self;
        number
    }

    /// The views of a post, or a creator's followers.
    pub fn count(self) -> u64 {
        1_000 + self.number()
    }
}

/// The answer of a healthy provider.
pub struct Said {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
    /// Whether this is the answer about the subject, and not a failure.
    pub is_answer: bool,
}

impl Said {
    fn failure(status: u16, body: &str) -> Self {
        Self { status, location: None, body: body.to_owned(), is_answer: false }
    }

    fn answer(body: &Value) -> Self {
        Self { status: 200, location: None, body: body.to_string(), is_answer: true }
    }
}

/// The answer of a provider with this health to a request for this address, and its delay.
pub fn answer(health: Health, url: &url::Url, random: &mut Rng) -> (Duration, Said) {
    let quick = Duration::from_millis(random.u64(20..1_500));
    match health {
        Health::Well => (quick, truth(url)),
        Health::Slow => (Duration::from_millis(random.u64(2_000..12_000)), truth(url)),
        Health::Silent => (Duration::from_hours(1), truth(url)),
        Health::Failing => (quick, Said::failure(503, "down")),
        Health::Busy => (quick, Said::failure(429, "{\"message\": \"Too many requests\"}")),
        Health::OutOfQuota => {
            (quick, Said::failure(429, "{\"message\": \"You have exceeded the MONTHLY quota for Requests\"}"))
        }
        Health::Garbled => (quick, Said::failure(200, "<html>Just a moment</html>")),
    }
}

/// The answer of a healthy provider about the subject of this address.
fn truth(url: &url::Url) -> Said {
    let host = url.host_str().unwrap_or_default();
    if host == SHORT_LINKS {
        return redirect(url);
    }
    let parameter = url.query_pairs().next().expect("a parameter").1;
    let id = parameter.rsplit('/').next().unwrap_or_default();
    let subject = subject(id);
    let is_tikwm = host == PROVIDERS[0];
    if !subject.exists() {
        return if is_tikwm {
            Said::failure(200, "{\"code\": -1, \"msg\": \"Url parsing is failed! Please check url.\"}")
        } else {
            Said::failure(404, "{\"success\": false, \"message\": \"Post not found\"}")
        };
    }
    let operation = match url.path() {
        "/user/info" | "/v1/tiktok/profile" => Operation::Profile,
        "/user/posts" | "/v3/tiktok/profile/videos" => Operation::ChannelVideos,
        _ => Operation::PostStats,
    };
    let mut body = BODIES[operation][usize::from(!is_tikwm)].clone();
    // The fields that name the owner, the counts, and the absence of a second page.
    let told: &[(&str, Value)] = match (operation, is_tikwm) {
        (Operation::PostStats, true) => &[("/data/id", id.into()), ("/data/play_count", subject.count().into())],
        (Operation::PostStats, false) => &[
            ("/aweme_detail/aweme_id", id.into()),
            ("/aweme_detail/statistics/aweme_id", id.into()),
            ("/aweme_detail/statistics/play_count", subject.count().into()),
        ],
        (Operation::Profile, true) => {
            &[("/data/user/uniqueId", id.into()), ("/data/stats/followerCount", subject.count().into())]
        }
        (Operation::Profile, false) => {
            &[("/user/uniqueId", id.into()), ("/stats/followerCount", subject.count().into())]
        }
        (Operation::ChannelVideos, true) => &[("/data/hasMore", false.into())],
        (Operation::ChannelVideos, false) => &[("/has_more", 0.into())],
    };
    for (place, value) in told {
        *body.pointer_mut(place).expect(place) = value.clone();
    }
    let list = if is_tikwm { "/data/videos" } else { "/aweme_list" };
    for video in body.pointer_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
        video["author"]["unique_id"] = id.into();
    }
    Said::answer(&body)
}

fn redirect(url: &url::Url) -> Said {
    let number = url.path().trim_end_matches('/').rsplit("ZMShort").next().and_then(|number| number.parse().ok());
    let target = Subject::Post(number.expect("a short link's number")).id();
    let location = format!("https://www.tiktok.com/@a/video/{target}");
    Said { status: 302, location: Some(location), body: String::new(), is_answer: false }
}

/// The subject with this id or handle.
fn subject(id: &str) -> Subject {
    match id.strip_prefix("someone") {
        Some(number) => Subject::Creator(number.parse().expect("a number")),
        None => Subject::Post(id.parse::<u64>().expect("a number") - 7_000_000_000_000_000_000),
    }
}
