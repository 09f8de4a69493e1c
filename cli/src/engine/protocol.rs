//! DynamoDB's protocol on the engine's typed interface: answers the SDK's requests as DynamoDB
//! does.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::task::TaskTracker;

/// The header that names the operation, like `DynamoDB_20120810.GetItem`.
pub const TARGET: &str = "x-amz-target";

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// In bytes; larger than any request that DynamoDB accepts.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// An open database that answers the SDK's requests without a connection.
#[derive(Clone)]
pub struct Protocol {
    database: Database,
    /// The work that the database does now, whether or not a caller still waits for it.
    work: TaskTracker,
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Protocol")
    }
}

impl Protocol {
    /// Answers from this database; each request is counted in `work`.
    #[must_use]
    pub const fn new(database: Database, work: TaskTracker) -> Self {
        Self { database, work }
    }

    /// Answers one request, given as its target header and its JSON body.
    pub async fn answer(&self, target: String, body: Bytes) -> Response<Bytes> {
        let database = self.database.clone();
        // The engine waits for its lock and the disk, so it must not run on an async thread.
        let performed = self.work.spawn_blocking(move || perform(&database, &target, &body)).await;
        let performed = performed.unwrap_or_else(|_| Err(DynoxideError::InternalServerError("a panic".to_owned())));
        let (status, body) = match performed {
            Ok(body) => (StatusCode::OK, body.into()),
            Err(error) => (status_of(&error), error.to_json().into()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    }

    /// A router that answers the SDK's requests over HTTP.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// A client for the SDK whose requests stay in the process.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }
}

/// Answers one request that arrived over HTTP.
async fn answer(State(protocol): State<Protocol>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default().to_owned();
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => protocol.answer(target, body.to_bytes()).await.map(Body::from),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

impl HttpConnector for Protocol {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let protocol = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get(TARGET).unwrap_or_default().to_owned();
            // The SDK holds each DynamoDB body in memory; it never streams one.
            let body = request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
            let answer = protocol.answer(target, body).await;
            HttpResponse::try_from(answer.map(Into::into)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Performs one of the operations that this API uses.
fn perform(database: &Database, target: &str, body: &[u8]) -> dynoxide::Result<Vec<u8>> {
    match target.rsplit('.').next().unwrap_or_default() {
        "BatchGetItem" => typed(body, |request| database.batch_get_item(request)),
        "CreateTable" => typed(body, |request| database.create_table(request)),
        "DescribeTable" => typed(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => typed(body, |request| database.describe_time_to_live(request)),
        "DeleteItem" => typed(body, |request| database.delete_item(request)),
        "GetItem" => typed(body, |request| database.get_item(request)),
        "PutItem" => typed(body, |request| database.put_item(request)),
        "Query" => typed(body, |request| database.query(request)),
        "Scan" => typed(body, |request| database.scan(request)),
        "TransactWriteItems" => typed(body, |request| database.transact_write_items(request)),
        "UpdateItem" => typed(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => typed(body, |request| database.update_time_to_live(request)),
        other => Err(DynoxideError::ValidationException(format!("the embedded engine has no operation {other:?}"))),
    }
}

fn typed<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    perform: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<Vec<u8>> {
    let request =
        serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = perform(request)?;
    serde_json::to_vec(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn status_of(error: &DynoxideError) -> StatusCode {
    StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
