//! `/billing`: an account's money and usage. The browser calls the API with the key: the key never
//! reaches this page's function, which has no database, and is never in a URL.

use askama::Template;
use http::StatusCode;

use crate::broken;
use crate::layout::Layout;
use crate::reply::{self, Answer};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "billing.html")]
struct Billing<'a> {
    contact: Option<&'a str>,
    origin: &'a str,
}

/// The page, with the operator's sentence about adding funds.
pub fn page(contact: Option<&str>, visitor: &Visitor) -> Answer {
    match (Billing { contact, origin: &visitor.origin }).render() {
        Ok(body) => reply::page(
            StatusCode::OK,
            Layout {
                title: "Billing",
                description: "See your balance, your charges by day and endpoint, and your keys; and how to add funds.",
                part: "/billing",
                markdown: "",
                style: None,
                body: &body,
            },
        ),
        Err(error) => broken(error),
    }
}
