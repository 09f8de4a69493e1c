//! The status. It is public, without a key and without a price: JSON for programs, and an HTML page
//! for people.

use lambda_http::Request;

use super::App;
use super::call::Call;
use crate::contract::{Endpoint, Reply, StatusData, Success, keep_for, prefers_page};
use crate::dynamodb::counting_calls;
use crate::health::Report;

/// How long caches may keep the answer: as long as an instance keeps the data.
const KEPT_SECONDS: u64 = 15;

/// Answers a request for the status. `draw` renders the page, with or without the providers' names.
pub async fn status(app: &App, request: &Request, draw: impl FnOnce(&Report, bool) -> Reply) -> Reply {
    counting_calls(async {
        let call = Call::new(app, Endpoint::Status, request);
        let shows_providers = app.config.status_shows_providers;
        let (report, outcome) = match Box::pin(app.health.report()).await {
            Ok(report) => {
                let data = StatusData::new(&report, shows_providers);
                (Some(report), Ok(Success::new(data)))
            }
            Err(error) => (None, Err(error.into())),
        };
        let mut reply = call.finish(&outcome);
        if let Some(report) = report {
            if wants_page(request) {
                reply = draw(&report, shows_providers);
            }
            keep_for(reply.headers_mut(), KEPT_SECONDS);
        }
        reply
    })
    .await
}

fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let is_page = Endpoint::Status.spec().page == Some(path.strip_suffix('/').unwrap_or(path));
    is_page || prefers_page(request.headers())
}
