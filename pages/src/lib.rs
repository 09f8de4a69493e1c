//! The pages that people and assistants read: complete without scripts, from the Markdown of this
//! repository, openapi.json and the error table. They need no account and no database.
//!
//! [`answer`] takes the gateway's event. [`layout`] surrounds every page.

mod asset;
mod billing;
mod card;
mod curl;
mod document;
mod expand;
mod home;
mod html;
pub mod layout;
mod llms;
mod openapi;
mod reference;
mod reply;
mod schema;
mod visitor;

use http::Method;
use http::StatusCode;
use lambda_http::{Body, Request};
use serde_json::Value;
use shared::contract::{ApiError, ErrorCode};
use shared::gateway;
use shared::pipeline::refusal;
use shared::site::{METHODS, Page, other_method};

pub use asset::STYLE;
pub use document::{DOCUMENTS, Document};
use layout::Layout;
pub use reply::Answer;
use visitor::Visitor;

/// The data for pages that isn't in the request.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The present moment.
    pub now: jiff::Timestamp,
    /// How customers add funds.
    pub billing_contact: Option<&'a str>,
}

/// Answers the gateway's event.
pub async fn answer(event: Value, site: Site<'_>) -> Answer {
    let request = match gateway::read(event) {
        Ok(Some(request)) => request,
        Ok(None) => return reply::empty(StatusCode::NO_CONTENT),
        Err(error) => return refusal(error).map(Body::from),
    };
    let (answer, route) = match Page::at(request.uri().path()).filter(|_| METHODS.contains(request.method())) {
        Some((page, parameter)) => (shown(page, parameter, &request, site).await, page.path()),
        None => (nowhere(&request), "unknown"),
    };
    // An unknown path can be any string, and a query can have a customer's link, so neither is
    // logged.
    tracing::info!(status = answer.status().as_u16(), route, "request");
    let answer = reply::compressed(answer, request.headers());
    if request.method() == Method::HEAD { reply::without_body(answer) } else { answer }
}

async fn shown(page: Page, parameter: &str, request: &Request, site: Site<'_>) -> Answer {
    let visitor = Visitor::of(request);
    match page {
        Page::Home => home::page(&visitor, request, site.now).await,
        Page::Docs => document::page(document::first(), &visitor),
        Page::Doc => match document::at(parameter) {
            Some((document, document::Form::Page)) => document::page(document, &visitor),
            Some((document, document::Form::Markdown)) => reply::markdown(document.markdown(&visitor.origin)),
            None => nowhere(request),
        },
        Page::Billing => billing::page(site.billing_contact, &visitor),
        Page::Asset => asset::file(parameter).unwrap_or_else(|| nowhere(request)),
        Page::Llms => reply::text(llms::short(&visitor.origin)),
        Page::LlmsFull => reply::text(llms::full(&visitor.origin)),
        Page::Robots => reply::text("User-agent: *\nAllow: /\nDisallow: /v1/\n".to_owned()),
        Page::Favicon => asset::favicon(),
        Page::Security => reply::text(llms::security(&visitor.origin, site.now)),
        Page::OpenApi => openapi::document(request.headers()),
    }
}

/// The answer for an unknown path or a wrong method: a page for browsers, the published error for
/// programs.
fn nowhere(request: &Request) -> Answer {
    let error = other_method(request.method(), request.uri().path()).unwrap_or(ErrorCode::UnknownRoute.into());
    if !shared::contract::prefers_page(request.headers()) {
        return refusal(error).map(Body::from);
    }
    let status = error.code.status();
    let text = "This address doesn't exist. The documentation lists all pages and endpoints.";
    reply::page(status, Layout::message("This page doesn't exist", text))
}

/// The page for an internal error.
pub(crate) fn broken(error: impl ToString) -> Answer {
    let refusal = refusal(ApiError::internal(error));
    let text = "This is our fault, and we have logged it. Send the request again later.";
    reply::page(refusal.status(), Layout::message("Something went wrong", text))
}
