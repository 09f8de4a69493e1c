//! The Lambda function's binary, for the public pages.

use jiff::Timestamp;
use pages::Site;
use shared::config::BILLING_CONTACT;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let contact = std::env::var(BILLING_CONTACT).ok().filter(|text| !text.trim().is_empty());
    shared::lambda::run_site(async |event| {
        pages::answer(event, Site { now: Timestamp::now(), billing_contact: contact.as_deref() }).await
    })
    .await
}
