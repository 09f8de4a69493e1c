//! `ct stats` with a stand-in for the API, which counts its requests.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rstest::rstest;
use serde_json::{Value, json};
use shared::platform::{Link, parse};
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use crate::harness::*;

const KEY: &str = "ct_live_a-key-that-nobody-may-see";
const OWN: &str = "platform,post_id,views,views_kind,likes,comments,shares,engagement_rate,published_at,status,message";

#[derive(Default)]
struct Book {
    cached: HashSet<String>,
    /// The links of each request that wasn't a dry run.
    asked: Vec<Vec<String>>,
    dry_runs: usize,
    /// In thousandths of a dollar.
    charged: u64,
    /// Errors to return first, once each: a status, a body, and seconds to wait.
    instead: VecDeque<(u16, Value, Option<u64>)>,
    /// Links that fail, with the error and how often.
    failing: HashMap<String, (Value, usize)>,
    /// The most posts that one request may have.
    most: Option<usize>,
    takes: Duration,
}

struct Api {
    base: String,
    book: Arc<Mutex<Book>>,
}

impl Api {
    async fn start(book: Book) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let book = Arc::new(Mutex::new(book));
        let router = Router::new().route("/v1/post/stats/batch", post(answer)).with_state(Arc::clone(&book));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, book }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// All links that the API was asked for, in order.
    fn asked(&self) -> Vec<String> {
        self.book().asked.concat()
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = ct(folder);
        command.env("CT_API_KEY", KEY).args(["stats", "--api", &self.base]).args(arguments);
        command
    }

    /// Runs the command, and asserts that its output doesn't contain the key.
    async fn stats(&self, folder: &Path, arguments: &[&str]) -> Run {
        Run::of(self.command(folder, arguments).output().await.unwrap())
    }
}

#[derive(Debug)]
struct Run {
    status: i32,
    out: String,
    err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(!out.contains(KEY) && !err.contains(KEY), "{out}{err}");
        Self { status: output.status.code().unwrap(), out, err }
    }
}

async fn answer(State(book): State<Arc<Mutex<Book>>>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get("authorization").is_none_or(|key| key.to_str().unwrap() != format!("Bearer {KEY}")) {
        return refusal(401, json!({"ok": false, "error": "Unauthorized", "code": "unauthorized"}), None);
    }
    assert!(body.len() <= 128 * 1024);
    let request: Value = serde_json::from_slice(&body).unwrap();
    let posts: Vec<String> =
        request["posts"].as_array().unwrap().iter().map(|post| post.as_str().unwrap().to_owned()).collect();
    assert!((1..=100).contains(&posts.len()));
    let takes = {
        let mut book = book.lock().unwrap();
        if let Some((status, body, wait)) = book.instead.pop_front() {
            return refusal(status, body, wait);
        }
        if let Some(most) = book.most.filter(|most| posts.len() > *most) {
            let error = format!("Bad request — this key may send at most {most} posts at once");
            return refusal(400, json!({"ok": false, "error": error, "code": "invalid_request"}), None);
        }
        book.takes
    };
    let is_dry_run = request["dry_run"] == true;
    if !is_dry_run {
        tokio::time::sleep(takes).await;
    }
    let mut book = book.lock().unwrap();
    let (mut charge, mut results) = (0, Vec::new());
    for url in &posts {
        let (result, price) = book.item(url, is_dry_run);
        charge += price;
        results.push(result);
    }
    if is_dry_run {
        book.dry_runs += 1;
    } else {
        book.charged += charge;
        book.asked.push(posts);
    }
    let summary = json!({"fresh": 0, "cached": 0, "failed": 0, "refused": 0, "charge": f64::from(u32::try_from(charge).unwrap()) / 1000.0});
    let body = json!({"ok": true, "data": {"results": results, "summary": summary}, "meta": {}});
    ([("x-balance", "9.5")], body.to_string()).into_response()
}

impl Book {
    /// The result of one post, and its cost.
    fn item(&mut self, url: &str, is_dry_run: bool) -> (Value, u64) {
        let Ok(Link::Post(post)) = parse(url, None) else { panic!("{url} should not be asked for") };
        if !is_dry_run && let Some((error, times)) = self.failing.get_mut(url).filter(|(_, times)| *times > 0) {
            *times -= 1;
            let mut item = error.clone();
            item["input"] = url.into();
            return (item, 0);
        }
        let cached = self.cached.contains(url);
        let price = u64::from(!cached);
        let data = if is_dry_run {
            json!({"dry_run": true, "platform": post.platform, "url": url, "cached": cached, "charge": price})
        } else {
            self.cached.insert(url.to_owned());
            let views = post.id.len();
            json!({
                "platform": post.platform, "post_id": post.id, "views": views, "views_kind": "plays", "likes": 2,
                "comments": null, "shares": 0, "engagement_rate": 0.25,
                "details": {"published_at": "2026-11-01T10:00:00.000Z"},
            })
        };
        (json!({"input": url, "data": data, "meta": {"cached": cached}}), price)
    }
}

fn refusal(status: u16, body: Value, wait: Option<u64>) -> Response {
    let wait = wait.map(|wait| [("retry-after", wait.to_string())]).into_iter().flatten();
    let mut response = (axum::http::StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
    for (name, value) in wait {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// A video's link as people share it, and its canonical link.
fn video(number: usize) -> (String, String) {
    let id = format!("-vid{number:07}");
    (format!("https://youtu.be/{id}?si=shared"), format!("https://www.youtube.com/watch?v={id}"))
}

/// Writes a sheet with this many videos.
fn sheet(folder: &TempDir, count: usize) {
    let rows: Vec<_> = (0..count).map(|number| format!("Creator {number},{}", video(number).0)).collect();
    std::fs::write(folder.path().join("in.csv"), format!("Name,Link\n{}\n", rows.join("\n"))).unwrap();
}

fn read(folder: &TempDir, name: &str) -> String {
    String::from_utf8(std::fs::read(folder.path().join(name)).unwrap()).unwrap()
}

#[tokio::test]
async fn a_sheet_from_excel_stays_unchanged_and_the_numbers_follow_its_cells() {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book::default()).await;
    let (link, url) = video(1);
    let text = format!(
        "\u{feff}Name;Post;Note\r\n\"Zoë\r\nLine two\";{link};\"=1+1\"\r\n\r\nAgain;see: {link} !;-5\r\n\
         None;;\r\nOther;https://example.com/x;@home\r\nShort\r\n"
    );
    std::fs::write(folder.path().join("in.csv"), &text).unwrap();
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv", "--yes"]).await;
    assert_eq!(run.status, 1, "a row failed: {run:?}");
    assert!(run.out.contains("2 of 5 rows answered, 1 failed, 2 without a link; charged 0.001"), "{run:?}");
    assert_eq!(api.asked(), [url], "a post in two rows is asked for once");
    let numbers = "youtube;'-vid0000001;11;plays;2;;0;0.25;2026-11-01T10:00:00.000Z;ok;";
    let none = ";;;;;;;;;no_link;the row has no link to a post";
    let out = read(&folder, "out.csv");
    let expected = format!(
        "\u{feff}Name;Post;Note;{}\r\n\"Zoë\r\nLine two\";{link};\"=1+1\";{numbers}\r\n\r\n\
         Again;see: {link} !;-5;{numbers}\r\nNone;;;{none}\r\n",
        OWN.replace(',', ";")
    );
    assert!(out.starts_with(&expected), "{out}\n{expected}");
    assert!(
        out.contains("Other;https://example.com/x;@home;;;;;;;;;;invalid_link;")
            && out.ends_with(&format!("Short;;;{none}\r\n")),
        "{out}"
    );
}

#[tokio::test]
async fn a_sheet_in_utf_16_stays_in_utf_16() {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book::default()).await;
    let stored = |text: &str| -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let text = format!("Näme\tLink\r\n😀\t{}\r\n", video(1).0);
    std::fs::write(folder.path().join("in.txt"), stored(&text)).unwrap();
    let run = api.stats(folder.path(), &["in.txt", "-o", "out.csv", "--yes"]).await;
    assert_eq!(run.status, 0, "{run:?}");
    let out = std::fs::read(folder.path().join("out.csv")).unwrap();
    let beginning =
        stored(&format!("Näme\tLink\t{}\r\n😀\t{}\tyoutube\t'-vid0000001\t11", OWN.replace(',', "\t"), video(1).0));
    assert!(out.starts_with(&beginning), "{}", String::from_utf8_lossy(&out));
    let again = api.stats(folder.path(), &["in.txt", "-o", "out.csv", "--yes"]).await;
    assert_eq!((again.status, api.asked().len()), (0, 1), "{again:?}");
}

#[tokio::test]
async fn the_cost_is_shown_first_and_needs_confirmation() {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book { cached: HashSet::from([video(0).1]), ..Book::default() }).await;
    sheet(&folder, 3);
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv"]).await;
    assert_eq!(run.status, 1);
    let said =
        "3 rows with 3 posts to ask for: 1 cached, 2 new, 0 refused; the cost is at most $0.002; the balance is 9.5";
    assert!(run.err.contains(said) && run.err.contains("--yes"), "{run:?}");
    assert!(api.asked().is_empty() && !folder.path().join("out.csv").exists());
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv", "--yes", "--json"]).await;
    let row: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.status, &row["charged"], &row["answered"]), (0, &json!("0.002"), &json!(3)), "{run:?}");
    assert_eq!(api.book().charged, 2, "the charge is as forecast");
    // Cached answers are free, so the run needs no confirmation.
    let run = api.stats(folder.path(), &["in.csv", "-o", "other.csv"]).await;
    assert_eq!((run.status, api.book().charged), (0, 2), "{run:?}");
}

#[tokio::test]
async fn a_second_run_asks_only_for_missing_answers() {
    let folder = TempDir::new().unwrap();
    let failed = json!({"error": "Not found — it does not exist or is private", "code": "not_found"});
    let api = Api::start(Book { failing: HashMap::from([(video(1).1, (failed, 1))]), ..Book::default() }).await;
    sheet(&folder, 3);
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv", "--yes"]).await;
    assert!(run.status == 1 && run.err.contains("1 row failed"), "{run:?}");
    assert!(read(&folder, "out.csv").contains(",not_found,Not found - it does not exist or is private\n"));
    // The output can be the next input; the owner's columns stay unchanged.
    let run = api.stats(folder.path(), &["out.csv", "-o", "out.csv", "--yes"]).await;
    assert_eq!((run.status, api.asked()[3..].to_vec()), (0, vec![video(1).1]), "{run:?}");
    let out = read(&folder, "out.csv");
    assert_eq!(out.lines().next().unwrap(), format!("Name,Link,{OWN}"));
    assert_eq!(out.matches(",ok,").count(), 3, "{out}");
    let (asked, dry_runs) = (api.asked().len(), api.book().dry_runs);
    for file in ["in.csv", "out.csv"] {
        assert_eq!(api.stats(folder.path(), &[file, "-o", "out.csv"]).await.status, 0);
    }
    assert_eq!((api.asked().len(), api.book().dry_runs, read(&folder, "out.csv")), (asked, dry_runs, out.clone()));
    // A corrected link is asked for again.
    std::fs::write(folder.path().join("out.csv"), out.replace(&video(2).0, &video(7).0)).unwrap();
    assert_eq!(api.stats(folder.path(), &["out.csv", "-o", "out.csv", "--yes"]).await.status, 0);
    assert_eq!(api.asked().last(), Some(&video(7).1));
    // Only the new rows of a longer sheet are asked for.
    sheet(&folder, 4);
    let grown = api.stats(folder.path(), &["in.csv", "-o", "grown.csv", "--yes"]).await;
    sheet(&folder, 5);
    let asked = api.asked().len();
    let again = api.stats(folder.path(), &["in.csv", "-o", "grown.csv", "--yes"]).await;
    assert_eq!((grown.status, again.status, api.asked()[asked..].to_vec()), (0, 0, vec![video(4).1]), "{again:?}");
}

#[rstest]
#[case::csv("out.csv")]
#[case::json("out.json")]
#[tokio::test]
async fn a_killed_run_keeps_its_answers_and_the_next_run_pays_nothing_twice(#[case] out: &str) {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book { takes: Duration::from_millis(400), ..Book::default() }).await;
    sheet(&folder, 350);
    let mut process = api.command(folder.path(), &["in.csv", "-o", out, "--yes"]).spawn().unwrap();
    while api.book().asked.len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    process.kill().await.unwrap();
    let answered = read(&folder, out).matches("2026-11-01").count();
    assert!((100..=200).contains(&answered), "{answered}");
    // The API finishes a request that was in flight at the kill.
    tokio::time::sleep(Duration::from_millis(800)).await;
    api.book().takes = Duration::ZERO;
    let run = api.stats(folder.path(), &["in.csv", "-o", out, "--yes"]).await;
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(read(&folder, out).matches("2026-11-01").count(), 350);
    assert_eq!(api.book().charged, 350, "each post is charged once");
    assert!(!folder.path().join(format!("{out}.part")).exists());
    let before = api.asked().len();
    let run = api.stats(folder.path(), &["in.csv", "-o", out]).await;
    assert_eq!((run.status, api.asked().len()), (0, before), "{run:?}");
}

#[tokio::test]
async fn ct_stats_waits_as_long_as_the_api_asks() {
    let folder = TempDir::new().unwrap();
    let limited = json!({"ok": false, "error": "Rate limit exceeded — wait and retry", "code": "rate_limited"});
    let broken = json!({"error": "Upstream provider error", "code": "upstream_failed", "retry_after": 1});
    let book = Book {
        instead: VecDeque::from([(429, limited, Some(1)), (502, json!("a gateway's page"), Some(1))]),
        failing: HashMap::from([(video(0).1, (broken.clone(), 1)), (video(1).1, (broken, 99))]),
        ..Book::default()
    };
    let api = Api::start(book).await;
    sheet(&folder, 3);
    let started = std::time::Instant::now();
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv", "--yes"]).await;
    assert!(started.elapsed() >= Duration::from_secs(3), "two waits before the batch, and one before the failed post");
    assert!(run.status == 1 && run.out.contains("2 of 3 rows answered, 1 failed"), "{run:?}");
    let times = |number| api.asked().iter().filter(|url| **url == video(number).1).count();
    assert_eq!([times(0), times(1), times(2)], [2, 3, 1]);
    let long = json!({"ok": false, "error": "Too many failed requests", "code": "too_many_failures"});
    api.book().instead.push_back((429, long, Some(40_000)));
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv", "--yes"]).await;
    assert!(run.status == 1 && run.err.contains("40000 seconds"), "{run:?}");
}

#[tokio::test]
async fn batches_are_as_large_as_the_rate_limit_of_the_key_allows() {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book { most: Some(30), ..Book::default() }).await;
    sheet(&folder, 70);
    let run = api.stats(folder.path(), &["in.csv", "-o", "out.csv", "--yes"]).await;
    let sizes: Vec<usize> = api.book().asked.iter().map(Vec::len).collect();
    assert_eq!((run.status, sizes), (0, vec![30, 30, 10]), "{run:?}");
}

#[tokio::test]
async fn json_output_has_the_rows_and_numbers_as_numbers() {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book::default()).await;
    let text = format!("Name,Link,Name\nA,{},B\n", video(1).0);
    std::fs::write(folder.path().join("in.csv"), text).unwrap();
    assert_eq!(api.stats(folder.path(), &["in.csv", "-o", "out.json", "--yes"]).await.status, 0);
    let rows: Value = serde_json::from_str(&read(&folder, "out.json")).unwrap();
    let expected = json!({
        "row": {"Name": "A", "Link": video(1).0, "Name (column 3)": "B"},
        "platform": "youtube", "post_id": "-vid0000001", "views": 11, "views_kind": "plays", "likes": 2,
        "comments": null, "shares": 0, "engagement_rate": 0.25, "published_at": "2026-11-01T10:00:00.000Z",
        "status": "ok", "message": null,
    });
    assert_eq!(rows, json!([expected]));
    let mut command = api.command(folder.path(), &["-", "--json", "--yes"]);
    let input = std::fs::File::open(folder.path().join("in.csv")).unwrap();
    let run = Run::of(command.stdin(input).output().await.unwrap());
    assert_eq!((run.status, serde_json::from_str::<Value>(&run.out).unwrap()), (0, expected), "{run:?}");
}

#[tokio::test]
async fn a_list_of_links_on_standard_input_becomes_a_sheet_on_standard_output() {
    use tokio::io::AsyncWriteExt;
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book::default()).await;
    let mut command = api.command(folder.path(), &["-", "--yes"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut process = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(format!("{}\n{}\n", video(1).0, video(2).0).as_bytes()).await.unwrap();
    drop(input);
    let run = Run::of(process.wait_with_output().await.unwrap());
    let numbers =
        |number: usize| format!("youtube,'-vid000000{number},11,plays,2,,0,0.25,2026-11-01T10:00:00.000Z,ok,");
    let rows = [1, 2].map(|number| format!("{},{}\n", video(number).0, numbers(number))).concat();
    assert_eq!((run.status, run.out), (0, format!("column 1,{OWN}\n{rows}")));
}

#[rstest]
#[case::another_file("in.csv", "notes.csv", "isn't an earlier run's output for this sheet")]
#[case::another_sheets_output("in.csv", "other.csv", "isn't an earlier run's output for this sheet")]
#[case::no_file("missing.csv", "out.csv", "can't read missing.csv")]
#[case::a_workbook("book.xlsx", "out.csv", "save the sheet as CSV UTF-8")]
#[case::no_links("notes.csv", "out.csv", "no column has a link to a post")]
#[case::a_missing_folder("in.csv", "nowhere/out.csv", "can't write nowhere/out.csv")]
#[tokio::test]
async fn invalid_input_is_refused_before_anything_is_paid(#[case] input: &str, #[case] out: &str, #[case] says: &str) {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book::default()).await;
    sheet(&folder, 2);
    std::fs::write(folder.path().join("notes.csv"), "Name,Note\nA,mine\n").unwrap();
    std::fs::write(folder.path().join("other.csv"), format!("Name,Link,{OWN}\nX,https://x{}\n", ",".repeat(11)))
        .unwrap();
    std::fs::write(folder.path().join("book.xlsx"), b"PK\x03\x04\0\0").unwrap();
    let before = std::fs::read(folder.path().join(out)).ok();
    let run = api.stats(folder.path(), &[input, "-o", out, "--yes"]).await;
    assert!(run.status == 1 && run.err.contains(says), "{run:?}");
    assert!(api.asked().is_empty() && std::fs::read(folder.path().join(out)).ok() == before);
}

#[tokio::test]
async fn the_key_is_required_never_sent_unencrypted_and_never_shown() {
    let folder = TempDir::new().unwrap();
    let api = Api::start(Book::default()).await;
    sheet(&folder, 1);
    let with = |key: Option<&str>, address: &str| {
        let mut command = ct(folder.path());
        key.map(|key| command.env("CT_API_KEY", key));
        command.args(["stats", "in.csv", "--yes", "--api", address]);
        command
    };
    let says = async |mut command: Command| Run::of(command.output().await.unwrap()).err;
    assert!(says(with(Some(KEY), "http://api.example.com")).await.contains("without encryption"));
    assert!(says(with(Some(KEY), "nonsense")).await.contains("isn't the address of an API"));
    assert!(says(with(None, &api.base)).await.contains("set CT_API_KEY"));
    let refused = says(with(Some("another-key"), &api.base)).await;
    assert!(refused.contains("401 unauthorized") && !refused.contains("another-key"), "{refused}");
    let help = print(folder.path(), &["stats", "--help"]).await;
    assert!(help.contains("CT_API_KEY") && widest(&help) <= 100, "{help}");
}

/// A stand-in for a provider that needs no key.
async fn tikwm() -> MockServer {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(tikwm_post()).mount(&upstream).await;
    upstream
}

/// `ct stats` on the folder's data, with this provider.
async fn here(folder: &TempDir, upstream: &MockServer, arguments: &[&str]) -> Run {
    let mut command = ct(folder.path());
    command.env("TIKWM_BASE_URL", upstream.uri()).arg("stats").args(arguments);
    Run::of(command.output().await.unwrap())
}

fn tiktoks(folder: &TempDir, ids: &[u32]) {
    let rows: Vec<_> = ids.iter().map(|id| format!("https://www.tiktok.com/@a/video/{id}\n")).collect();
    std::fs::write(folder.path().join("in.csv"), rows.concat()).unwrap();
}

#[tokio::test]
async fn ct_stats_asks_the_running_server_or_else_the_providers() {
    let (folder, upstream) = (TempDir::new().unwrap(), tikwm().await);
    let provider = upstream.uri();
    let server = Server::start_with(folder.path(), &[], &[("TIKWM_BASE_URL", &provider)]).await;
    tiktoks(&folder, &[1, 2]);
    let run = here(&folder, &upstream, &["in.csv", "-o", "out.csv", "--yes"]).await;
    assert!(
        run.status == 0 && run.out.contains("2 of 2 rows answered, 0 failed, 0 without a link; charged 0.002"),
        "{run:?}"
    );
    assert!(read(&folder, "out.csv").contains("/video/1,tiktok,1,7,plays,1,0,0,"), "{}", read(&folder, "out.csv"));
    let spent = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!((after(&spent, "spent"), after(&spent, "held")), ("0.002", "0"));
    assert!(server.stop().await);
    // Without a server, the run uses the stored answers, which are free.
    tiktoks(&folder, &[1, 2, 3]);
    let run = here(&folder, &upstream, &["in.csv", "-o", "more.csv", "--yes"]).await;
    assert!(
        run.err.contains("2 cached, 1 new, 0 refused; the cost is at most $0.001; the balance is 99.998"),
        "{run:?}"
    );
    assert!(run.status == 0 && run.out.contains("charged 0.001"), "{run:?}");
    assert_eq!(upstream.received_requests().await.unwrap().len(), 3);
    let spent = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!((after(&spent, "spent"), after(&spent, "held")), ("0.003", "0"));
}

#[tokio::test]
async fn missing_data_is_created_and_memory_keeps_nothing() {
    let (folder, upstream) = (TempDir::new().unwrap(), tikwm().await);
    tiktoks(&folder, &[1]);
    for _ in 0..2 {
        let run = here(&folder, &upstream, &["in.csv", "--yes", "--data-dir", ":memory:"]).await;
        assert!(run.status == 0 && run.err.contains("charged 0.001") && run.out.contains(",ok,"), "{run:?}");
    }
    assert!(!folder.path().join(".ct").exists());
    let run = here(&folder, &upstream, &["in.csv", "--yes"]).await;
    assert!(run.status == 0 && run.err.contains("created the data in .ct"), "{run:?}");
}

#[tokio::test]
async fn a_server_without_a_demo_account_needs_an_accounts_key() {
    let (folder, upstream) = (TempDir::new().unwrap(), tikwm().await);
    let customer = Customer::open(folder.path(), "Some One", "0.001").await;
    let provider = upstream.uri();
    let server = Server::start_with(folder.path(), &["--no-demo"], &[("TIKWM_BASE_URL", &provider)]).await;
    tiktoks(&folder, &[1, 2]);
    let run = here(&folder, &upstream, &["in.csv", "--yes"]).await;
    assert!(run.status == 1 && run.err.contains("set CT_API_KEY"), "{run:?}");
    let mut command = ct(folder.path());
    command.env("CT_API_KEY", customer.key.reveal()).args(["stats", "in.csv", "-o", "out.csv", "--yes"]);
    let run = Run::of(command.output().await.unwrap());
    assert!(run.status == 1 && run.out.contains("1 of 2 rows answered, 1 failed"), "{run:?}");
    assert!(read(&folder, "out.csv").contains("insufficient_balance"), "the money is enough for one post");
    print(folder.path(), &["funds", "add", customer.id(), "1", "--payment-id", "second"]).await;
    let mut command = ct(folder.path());
    command.env("CT_API_KEY", customer.key.reveal()).args(["stats", "in.csv", "-o", "out.csv", "--yes"]);
    let run = Run::of(command.output().await.unwrap());
    assert!(
        run.status == 0 && run.out.contains("2 of 2 rows answered") && run.out.contains("charged 0.001"),
        "{run:?}"
    );
    assert!(server.stop().await);
}
