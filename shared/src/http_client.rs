//! The HTTP client behind all requests to others, providers' and AWS's: one TLS stack, one list of
//! root certificates.
//!
//! The SDK's own client would be a second one, with 0.5 MB of code and the system's certificates,
//! whose reading takes 5 ms of every cold start.

use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// How all clients speak TLS. Mozilla's root certificates are compiled in as what a handshake needs
/// of them: parsing whole ones takes another 0.2 ms of every cold start.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let tls = tls.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3");
    tls.with_root_certificates(roots).with_no_client_auth()
});

/// A client that follows no redirects and trusts Mozilla's root certificates.
///
/// # Panics
/// If ring lacks what TLS needs.
pub fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).tls_backend_preconfigured(TLS.clone())
}

/// The client as the AWS SDK wants it; plain HTTP too, for a local engine. Time is the SDK's to
/// limit: it has attempt timeouts.
///
/// # Panics
/// If reqwest and this crate don't use the same rustls.
#[must_use]
pub fn for_aws() -> SharedHttpClient {
    // The SDK reads bodies as they come. A proxy that the environment names isn't meant for an
    // engine on this machine.
    over(builder().no_gzip().no_proxy().build().expect("reqwest takes this rustls"))
}

/// This client as the AWS SDK wants it.
#[must_use]
pub fn over(client: Client) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(AwsConnector(client));
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug)]
struct AwsConnector(Client);

impl HttpConnector for AwsConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { send(&client, request).await })
    }
}

async fn send(client: &Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    // All that is sent to AWS here is in memory, none of it a stream.
    let request = request.map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default());
    let request = request.try_into().map_err(|error: reqwest::Error| ConnectorError::user(error.into()))?;
    let mut response = client.execute(request).await.map_err(failed)?;
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let body = response.bytes().await.map_err(failed)?;
    HttpResponse::try_from(answer.map(|()| body.into())).map_err(|error| ConnectorError::other(error.into(), None))
}

/// An error that the SDK tries again.
fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
