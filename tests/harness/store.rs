//! The DynamoDB of the tests: the embedded engine, or another implementation at the address in
//! `SECOND_ENGINE`, which gets one request at a time.

use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use ct::engine::{Data, Engine, Found, IfMissing, Protocol, TARGET};
use http::Response;
use tokio::runtime::Runtime;

/// A required header, whose signature isn't checked. moto reads the region from it.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                         SignedHeaders=host, Signature=none";

/// An engine without data.
#[derive(Clone, Debug)]
pub enum Store {
    /// The embedded engine.
    Embedded(Protocol),
    /// Another implementation.
    Second(Second),
}

/// An engine behind an address.
#[derive(Clone, Debug)]
pub struct Second {
    address: Arc<str>,
    /// moto's header that chooses an account. Each store has its own, so that tables are separate.
    account: String,
}

impl Store {
    /// The engine at the address in `SECOND_ENGINE`, or the embedded one.
    pub async fn new() -> Self {
        if let Ok(address) = std::env::var("SECOND_ENGINE") {
            let account = format!("{:012}", fastrand::u64(1..1_000_000_000_000));
            return Self::Second(Second { address: address.into(), account });
        }
        let Found::Ours(engine) = Engine::find(&Data::Memory, IfMissing::Make).await.expect("an engine") else {
            unreachable!("an engine in memory belongs to this process")
        };
        Self::Embedded(engine.protocol().clone())
    }

    /// Answers one request, given as its target header and its JSON body.
    pub async fn answer(&self, target: String, body: Bytes) -> Response<Bytes> {
        match self {
            Self::Embedded(protocol) => protocol.answer(target, body).await,
            Self::Second(second) => {
                let second = second.clone();
                // In another thread, so that simulated time doesn't pass during the request.
                let answered = tokio::task::spawn_blocking(move || NETWORK.block_on(second.answer(target, body)));
                answered.await.expect("no panic").expect("the second engine answers")
            }
        }
    }

    /// The HTTP client for the SDK.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        http_client(self.clone())
    }
}

/// A runtime in real time, for the network.
static NETWORK: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

impl Second {
    async fn answer(&self, target: String, body: Bytes) -> reqwest::Result<Response<Bytes>> {
        static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(super::http_client);
        let request = CLIENT.post(&*self.address).header(TARGET, target).header("authorization", SIGNATURE);
        let request = request.header("x-moto-account-id", &self.account).body(body);
        let answer = request.header("content-type", "application/x-amz-json-1.0").send().await?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = answer.bytes().await?;
        Ok(response)
    }
}

/// Makes the SDK's HTTP client of a connector.
pub fn http_client(connector: impl HttpConnector + 'static) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// Takes the target header and the JSON body out of a request of the SDK.
#[must_use]
pub fn opened(request: &HttpRequest) -> (String, Bytes) {
    let target = request.headers().get(TARGET).unwrap_or_default().to_owned();
    (target, request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default())
}

/// Converts an answer to the SDK's type.
///
/// # Errors
/// If the answer isn't valid HTTP.
pub fn closed(answer: Response<Bytes>) -> Result<HttpResponse, ConnectorError> {
    HttpResponse::try_from(answer.map(Into::into)).map_err(|error| ConnectorError::other(error.into(), None))
}

impl HttpConnector for Store {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let store = self.clone();
        HttpConnectorFuture::new(async move {
            let (target, body) = opened(&request);
            closed(store.answer(target, body).await)
        })
    }
}
