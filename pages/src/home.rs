//! `/`: an introduction, a link box with an answer, prices and promises.

use askama::Template;
use http::StatusCode;
use jiff::Timestamp;
use lambda_http::Request;
use serde_json::{Map, Value};
use shared::account::{ApiKey, Mode};
use shared::site::sample;
use url::form_urlencoded;

use crate::broken;
use crate::card::{Card, kinds};
use crate::curl::Call;
use crate::layout::Layout;
use crate::reference::priced;
use crate::reply::{self, Answer};
use crate::visitor::Visitor;

/// The link box's initial link.
const EXAMPLE: &str = "https://www.tiktok.com/@charlidamelio/video/7123456789";

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    link: &'a str,
    card: Card,
    kinds: Value,
    curl: String,
    prices: Vec<(&'static str, String)>,
}

/// The page, with the sandbox's answer about the link in the query, or about an example.
pub async fn page(visitor: &Visitor, request: &Request, now: Timestamp) -> Answer {
    let query = request.uri().query().unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "url");
    let link = asked.map_or_else(|| EXAMPLE.to_owned(), |(_, link)| link.chars().take(500).collect());
    let json = sample(&link, now).await.into_body();
    let body: Value = serde_json::from_str(&json).unwrap_or_default();
    let key = ApiKey::public(Mode::Test);
    let call = Call {
        method: "POST".to_owned(),
        origin: visitor.origin.clone(),
        path: "/v1/post/stats".to_owned(),
        has_key: true,
        body: Some(format!("{{\"url\": \"{EXAMPLE}\"}}")),
    };
    let home = Home {
        card: Card::of(&body, &json),
        kinds: kinds().map(|(kind, meaning)| (kind.to_owned(), meaning.into())).collect::<Map<_, _>>().into(),
        curl: call.curl().replace(crate::curl::KEY, key.reveal()),
        prices: priced().map(|(endpoint, price)| (endpoint.spec().path, price)).collect(),
        link: &link,
    };
    match home.render() {
        Ok(body) => reply::page(
            StatusCode::OK,
            Layout {
                title: "Public numbers of any post",
                description: "Send a link to a post and get its views, likes, comments and shares, with their source and time.",
                part: "/",
                markdown: "/llms.txt",
                style: None,
                body: &body,
            },
        ),
        Err(error) => broken(error),
    }
}
