//! Callers and providers can write any address, but requests go only to the provider's own address,
//! about the intended subject, and to the short link's own host. A stand-in for the whole internet
//! records all requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use http::Response;
use rstest::rstest;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::HttpClient;
use system_tests::fixtures::Fixture;
use system_tests::{Answer, Customer, Stack};
use url::Url;
use url::form_urlencoded::byte_serialize;

/// Internal addresses in many spellings. Each is refused in place of a link, even with `platform`.
const INSIDE: [&str; 46] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "127.127.127.127",
    "0.0.0.0",
    "0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "169.254.169.254",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "2852039166",
    "025177524776",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fc00::1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "ｌｏｃａｌｈｏｓｔ",
    "%31%32%37.0.0.1",
    "kubernetes",
    "metadata",
    "dynamodb.",
];

/// Names that resolve to internal addresses.
const NAMES: [&str; 8] = [
    "metadata.google.internal",
    "instance-data.ec2.internal",
    "127.0.0.1.nip.io",
    "7f000001.nip.io",
    "localtest.me",
    "kubernetes.default.svc",
    "localhost.localdomain",
    "www.tiktok.com.127.0.0.1.nip.io",
];

/// Spellings that make a host look like another one; `{}` is the host.
const TRICKS: [&str; 18] = [
    "https://{}",
    "http://{}",
    "HTTPS://{}",
    "https:{}",
    "https:///{}",
    "https:\\\\{}",
    "//{}",
    "https://{}:443",
    "https://{}:8080",
    "https://www.tiktok.com@{}",
    "https://www.tiktok.com:443@{}",
    "https://www.tiktok.com%2F@{}",
    "https://www.tiktok.com%00@{}",
    "https://user:password@{}",
    "\u{200b}https://{}",
    "https://{}/https://www.tiktok.com",
    "https://{}/www.tiktok.com",
    "https://{}/..",
];

/// Strings after the host that make an address look like TikTok's.
const TAILS: [&str; 5] = ["", "#@www.tiktok.com", "?@www.tiktok.com/", "\\@www.tiktok.com", "#.tiktok.com"];

/// A short link of each kind.
const SHORT: [&str; 12] = [
    "https://vm.tiktok.com/{}/",
    "https://vt.tiktok.com/{}/",
    "https://www.tiktok.com/t/{}/",
    "https://www.instagram.com/share/{}",
    "https://www.instagram.com/share/reel/{}",
    "https://t.co/{}",
    "https://pic.x.com/{}",
    "https://fb.watch/{}/",
    "https://fb.me/{}",
    "https://www.facebook.com/share/r/{}/",
    "https://lnkd.in/{}",
    "https://lnkd.in/p/{}",
];

const PRICED: [Endpoint; 5] =
    [Endpoint::PostStats, Endpoint::Profile, Endpoint::ChannelVideos, Endpoint::MedianViews, Endpoint::Email];

/// A stand-in for the internet.
#[derive(Clone, Default)]
struct World {
    asked: Arc<Mutex<Vec<String>>>,
    /// The targets of redirects.
    redirects: Arc<Mutex<HashMap<String, String>>>,
    /// The string that the provider returns in place of a creator's id and of a cursor.
    said: Arc<Mutex<Option<String>>>,
}

impl World {
    fn client(&self) -> HttpClient {
        let world = self.clone();
        HttpClient::answered_by(move |request| {
            world.asked.lock().unwrap().push(format!("{} {}", request.method(), request.url()));
            std::future::ready(Ok(world.answer(request.url()).into())).boxed()
        })
    }

    fn answer(&self, url: &Url) -> Response<String> {
        if let Some(location) = self.redirects.lock().unwrap().get(url.as_str()) {
            return Response::builder().status(301).header("location", location).body(String::new()).unwrap();
        }
        match (url.host_str(), self.body(url)) {
            (Some("tiktok-api23.p.rapidapi.com"), Some(body)) => Response::new(body.to_string()),
            _ => Response::builder().status(404).body("{}".to_owned()).unwrap(),
        }
    }

    /// tiktok-api23's answer about the subject of the request.
    fn body(&self, url: &Url) -> Option<Value> {
        let asked = |name: &str| Some(url.query_pairs().find(|(known, _)| known == name)?.1.into_owned());
        let said = self.said.lock().unwrap().clone();
        let body = |operation| {
            let fixture = Fixture::of(operation, Platform::TikTok, "tiktok-api23");
            fixture.complete().body(&fixture)
        };
        Some(match url.path() {
            "/api/post/detail" => {
                let mut body = body(Operation::PostStats);
                body["itemInfo"]["itemStruct"]["id"] = asked("videoId")?.into();
                body
            }
            "/api/user/info" => {
                let (mut body, name) = (body(Operation::Profile), asked("uniqueId")?);
                let user = &mut body["userInfo"]["user"];
                user["secUid"] = said.unwrap_or_else(|| format!("uid-of-{name}")).into();
                user["uniqueId"] = name.into();
                body
            }
            "/api/user/posts" => {
                let mut body = body(Operation::ChannelVideos);
                let items = body["data"]["itemList"].as_array_mut()?;
                for item in &mut *items {
                    // The fixture's list doesn't name its creator.
                    item.as_object_mut()?.remove("author");
                }
                if let Some(cursor) = said.filter(|_| asked("cursor").as_deref() == Some("0")) {
                    items.truncate(1);
                    body["data"]["hasMore"] = true.into();
                    body["data"]["cursor"] = cursor.into();
                }
                body
            }
            _ => return None,
        })
    }
}

/// The system, connected to the stand-in for the internet.
struct Bench {
    stack: Stack,
    base: String,
    customer: Customer,
    world: World,
}

impl Bench {
    async fn start() -> Self {
        let (stack, world) = (Stack::start().await, World::default());
        let base = stack.instance_in(world.client()).await;
        let customer = stack.customer("1000", 100_000).await;
        Self { stack, base, customer, world }
    }

    /// The API's answer, and the requests to the internet before it.
    async fn send(&self, path: &str, headers: &[(&str, &str)], body: String) -> (Answer, Vec<String>) {
        let headers = [headers, &[("x-api-key", self.customer.live.reveal())]].concat();
        let answer = self.stack.send_to(&self.base, "POST", path, &headers, body).await;
        (answer, std::mem::take(&mut self.world.asked.lock().unwrap()))
    }

    async fn ask(&self, endpoint: Endpoint, body: &Value) -> (Answer, Vec<String>) {
        self.send(endpoint.spec().path, &[], body.to_string()).await
    }

    async fn is_refused(&self, endpoint: Endpoint, body: &Value) {
        let (answer, asked) = self.ask(endpoint, body).await;
        assert_eq!((answer.status, &asked[..]), (400, &[][..]), "{body}: {answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains("send "), "{body}: {answer:?}");
    }

    async fn asks_for(&self, endpoint: Endpoint, body: &Value, expected: &[String]) {
        let (answer, asked) = self.ask(endpoint, body).await;
        assert_eq!((answer.status, &asked[..]), (200, expected), "{body}: {answer:?}");
    }
}

/// An id or a name with this number, and the path of a link with it.
fn subject(endpoint: Endpoint, number: usize) -> (String, String) {
    if endpoint == Endpoint::PostStats {
        let id = (7_106_594_312_292_453_675 + number).to_string();
        let path = format!("/@some.one/video/{id}");
        (id, path)
    } else {
        let name = format!("some.one{number}");
        let path = format!("/@{name}");
        (name, path)
    }
}

fn at_provider(path: &str) -> String {
    format!("GET https://tiktok-api23.p.rapidapi.com{path}")
}

fn escaped(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// All provider requests for one subject.
fn requests(endpoint: Endpoint, id: &str) -> Vec<String> {
    let id = escaped(id);
    let user = at_provider(&format!("/api/user/info?uniqueId={id}"));
    match endpoint {
        Endpoint::PostStats => vec![at_provider(&format!("/api/post/detail?videoId={id}"))],
        Endpoint::ChannelVideos | Endpoint::MedianViews => {
            vec![user, at_provider(&format!("/api/user/posts?secUid=uid-of-{id}&count=35&cursor=0"))]
        }
        _ => vec![user],
    }
}

#[tokio::test]
async fn no_internal_address_is_asked_in_any_spelling() {
    let bench = Bench::start().await;
    for host in INSIDE {
        for endpoint in PRICED {
            let (_, path) = subject(endpoint, 0);
            for url in [format!("https://{host}{path}"), format!("http://{host}:8080{path}")] {
                bench.is_refused(endpoint, &json!({ "url": url })).await;
                bench.is_refused(endpoint, &json!({"url": url, "platform": "tiktok"})).await;
            }
        }
        for platform in ["instagram", "youtube", "twitter", "facebook", "linkedin"] {
            let url = format!("https://{host}/reel/1234567890");
            bench.is_refused(Endpoint::PostStats, &json!({"url": url, "platform": platform})).await;
        }
    }
}

#[rstest]
#[case::loopback("127.0.0.1")]
#[case::the_cloud("169.254.169.254")]
#[case::the_network("[fd00:ec2::254]")]
#[case::a_name("localhost")]
#[tokio::test]
async fn no_internal_address_is_asked_in_disguise(#[case] host: &str) {
    let bench = Bench::start().await;
    for trick in TRICKS {
        for tail in TAILS {
            let url = format!("{}{tail}{}", trick.replace("{}", host), subject(Endpoint::PostStats, 0).1);
            bench.is_refused(Endpoint::PostStats, &json!({ "url": url })).await;
            bench.is_refused(Endpoint::PostStats, &json!({"url": url, "platform": "tiktok"})).await;
            bench.is_refused(Endpoint::Profile, &json!({ "url": url })).await;
        }
    }
}

#[tokio::test]
async fn a_name_of_an_internal_address_is_refused_even_with_a_platform() {
    let bench = Bench::start().await;
    for host in NAMES {
        for endpoint in PRICED {
            let (_, path) = subject(endpoint, 0);
            let url = format!("http://user:password@{host}:8080{path}");
            bench.is_refused(endpoint, &json!({ "url": url })).await;
            bench.is_refused(endpoint, &json!({"url": url, "platform": "tiktok"})).await;
        }
    }
}

#[tokio::test]
async fn a_mirror_is_never_asked() {
    let bench = Bench::start().await;
    for (number, host) in ["vxtiktok.com", "mirror.example"].into_iter().enumerate() {
        let (id, path) = subject(Endpoint::PostStats, number);
        let body = json!({"url": format!("http://user:password@{host}:8080{path}"), "platform": "tiktok"});
        bench.asks_for(Endpoint::PostStats, &body, &requests(Endpoint::PostStats, &id)).await;
        let (_, path) = subject(Endpoint::Profile, number);
        let body = json!({"url": format!("https://{host}{path}"), "platform": "tiktok"});
        bench.is_refused(Endpoint::Profile, &body).await;
    }
}

#[rstest]
#[case::a_user_name("https://127.0.0.1@www.tiktok.com{}")]
#[case::a_password("https://user:127.0.0.1@www.tiktok.com{}")]
#[case::a_port("https://www.tiktok.com:6379{}")]
#[case::a_fragment("https://www.tiktok.com{}#@127.0.0.1/")]
#[case::a_query("https://www.tiktok.com{}?url=http://127.0.0.1/")]
#[case::no_tls("http://www.tiktok.com.{}")]
#[tokio::test]
async fn other_parts_of_a_link_do_not_change_the_providers_request(#[case] link: &str) {
    let bench = Bench::start().await;
    for (number, endpoint) in PRICED.into_iter().enumerate() {
        let (id, path) = subject(endpoint, number);
        bench.asks_for(endpoint, &json!({"url": link.replace("{}", &path)}), &requests(endpoint, &id)).await;
    }
}

#[tokio::test]
async fn a_string_that_is_not_a_link_to_a_post_causes_no_request() {
    let bench = Bench::start().await;
    for url in [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "ftp://127.0.0.1/",
        "dict://127.0.0.1:11211/stats",
        "ldap://127.0.0.1/",
        "jar:http://127.0.0.1!/",
        "ws://www.tiktok.com/@a/video/1",
        "unix:/var/run/docker.sock",
        "data:text/html,https://www.tiktok.com/@a/video/1",
        "javascript:fetch('https://www.tiktok.com/@a/video/1')",
        "https://www.tiktok.com/@a/video/1/../../../../admin",
        "https://www.tiktok.com/@a/video/1%2f..%2f..%2fadmin",
        "https://www.tiktok.com/@a/video/1%0d%0aHost:%20127.0.0.1",
        "https://www.tiktok.com/@a/video/1\r\nHost: 127.0.0.1",
        "https://www.tiktok.com\\@127.0.0.1/@a/video/1",
        "https://x.com/a/status/1%2f..%2f..%2f2%2fusers%2fme",
        "https://x.com/a/status/1%3Fexpansions=author_id",
        "https://l.facebook.com/l.php?u=https%3A%2F%2F127.0.0.1%2Freel%2F1234567890",
        "https://www.facebook.com/plugins/post.php?href=https%3A%2F%2F169.254.169.254%2Fa%2Fposts%2F1234567890",
        "https://www.youtube.com/attribution_link?u=//127.0.0.1/watch?v=dQw4w9WgXcQ/",
        "https://www.youtube.com/attribution_link?u=/@127.0.0.1",
        "7106594312292453675/../1",
        "7106594312292453675?x=1",
        "127.0.0.1",
        "../../admin",
        "",
    ] {
        bench.is_refused(Endpoint::PostStats, &json!({ "url": url })).await;
        bench.is_refused(Endpoint::PostStats, &json!({"url": url, "platform": "tiktok"})).await;
    }
    for platform in ["127.0.0.1", "https://127.0.0.1/", "../tiktok", "tiktok\r\nHost: 127.0.0.1", "tiktok?x"] {
        let url = format!("https://www.tiktok.com{}", subject(Endpoint::PostStats, 0).1);
        bench.is_refused(Endpoint::PostStats, &json!({"url": url, "platform": platform})).await;
        bench.is_refused(Endpoint::Email, &json!({"username": "some.one", "platform": platform})).await;
    }
}

#[tokio::test]
async fn a_creators_name_becomes_one_value_of_the_request_or_is_refused() {
    let bench = Bench::start().await;
    for name in [
        "http://127.0.0.1/",
        "//127.0.0.1/",
        "@@127.0.0.1/..",
        "..",
        "../../admin",
        "a/../b",
        "a\\..\\b",
        "a?x",
        "a&uniqueId=b",
        "a#b",
        "a;b",
        "a=b",
        "a%2e%2e%2fb",
        "%2e%2e",
        "a\r\nHost: 127.0.0.1",
        "a\0b",
        "a b",
        "a@127.0.0.1",
        "a:80",
        "[::1]",
        "a\u{202e}b/",
        // Full-width letters.
        "２１３０７０６４３３",
    ] {
        for endpoint in PRICED.into_iter().filter(|endpoint| *endpoint != Endpoint::PostStats) {
            for platform in ["tiktok", "instagram"] {
                bench.is_refused(endpoint, &json!({"username": name, "platform": platform})).await;
            }
        }
    }
    for possible in ["127.0.0.1", "localhost", "٢١٣٠٧٠٦٤٣٣", "métadata", "имя"] {
        let body = json!({"username": possible, "platform": "tiktok"});
        bench.asks_for(Endpoint::ChannelVideos, &body, &requests(Endpoint::ChannelVideos, possible)).await;
    }
}

#[tokio::test]
async fn a_redirect_to_an_internal_address_is_never_followed() {
    let bench = Bench::start().await;
    let (_, path) = subject(Endpoint::PostStats, 0);
    let tricks = ["//{}", "/\\{}", "\\\\{}", "https://www.tiktok.com@{}", "http://{}", "gopher://{}:6379"];
    let tricks = tricks.map(|trick| trick.replace("{}", "127.0.0.1"));
    // A header can't contain other characters.
    let hosts = INSIDE.iter().chain(&NAMES).filter(|host| host.is_ascii()).map(|host| format!("https://{host}"));
    for (number, place) in hosts.chain(tricks).enumerate() {
        let location = place + &path;
        let short = if number == 0 { &SHORT[..] } else { &SHORT[..1] };
        for short in short {
            let [first, second] = [1, 2].map(|hop| short.replace("{}", &format!("ZM{hop}{number:05}")));
            bench
                .world
                .redirects
                .lock()
                .unwrap()
                .extend([(second.clone(), location.clone()), (first.clone(), second.clone())]);
            for (link, hops) in [(&second, vec![&second]), (&first, vec![&first, &second])] {
                let (answer, asked) = bench.ask(Endpoint::PostStats, &json!({ "url": link })).await;
                assert_eq!((answer.status, answer.code()), (400, "invalid_link"), "{location}: {answer:?}");
                let expected: Vec<String> = hops.into_iter().map(|hop| format!("GET {hop}")).collect();
                assert_eq!(asked, expected, "{location}");
            }
        }
    }
}

#[tokio::test]
async fn a_value_from_a_provider_becomes_one_value_of_the_next_request_to_that_provider() {
    let bench = Bench::start().await;
    let said = [
        "https://127.0.0.1/",
        "//169.254.169.254/latest/meta-data",
        "../../admin",
        "%2e%2e/%2e%2e/admin",
        "a&secUid=b&cursor=c",
        "a#b",
        "a?b",
        "a\r\nHost: 127.0.0.1",
        "a b\0é",
    ];
    for (number, said) in said.into_iter().enumerate() {
        *bench.world.said.lock().unwrap() = Some(said.to_owned());
        let value = escaped(said);
        let page = |cursor| at_provider(&format!("/api/user/posts?secUid={value}&count=35&cursor={cursor}"));
        let (name, _) = subject(Endpoint::Profile, number);
        let body = json!({"username": name, "platform": "tiktok"});
        // The first request stores the id, and the second finds it in the cache.
        bench.asks_for(Endpoint::Profile, &body, &requests(Endpoint::Profile, &name)).await;
        bench.asks_for(Endpoint::ChannelVideos, &body, &[page("0"), page(&value)]).await;
    }
}

#[tokio::test]
async fn headers_and_parameters_beside_the_body_cause_no_request() {
    let bench = Bench::start().await;
    let inside = "http://169.254.169.254/latest/meta-data";
    for (path, headers, status) in [
        (format!("/v1/post/stats?url={inside}"), vec![], 400),
        (format!("/v1/profile?username=some.one&platform=tiktok&url={inside}"), vec![], 400),
        (format!("/v1/{inside}"), vec![], 404),
        ("/v1/post/stats".to_owned(), vec![("host", "169.254.169.254"), ("x-forwarded-host", "127.0.0.1")], 400),
        (
            "/v1/post/stats".to_owned(),
            vec![("referer", inside), ("x-original-url", inside), ("forwarded", inside)],
            400,
        ),
    ] {
        let (answer, asked) = bench.send(&path, &headers, String::new()).await;
        assert_eq!((answer.status, asked.len()), (status, 0), "{path}");
    }
}
