//! The HTTP client for all requests to providers and to AWS: one TLS stack, one list of root
//! certificates.
//!
//! The SDK's own client would be a second one. It adds 0.5 MB of code and reads the system's
//! certificates, which takes 5 ms of every cold start.

use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// The TLS settings of all clients. Mozilla's root certificates are compiled in, reduced to the
/// parts that a handshake needs: parsing complete ones takes another 0.2 ms of every cold start.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let tls = tls.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3");
    tls.with_root_certificates(roots).with_no_client_auth()
});

/// A client that follows no redirects and trusts Mozilla's root certificates.
///
/// # Panics
/// If ring lacks an algorithm that TLS needs.
pub fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).tls_backend_preconfigured(TLS.clone())
}

/// The client in the form that the AWS SDK needs. It also speaks plain HTTP, for a local engine. It
/// has no timeout, because the SDK has attempt timeouts.
///
/// # Panics
/// If reqwest and this crate don't use the same rustls.
#[must_use]
pub fn for_aws() -> SharedHttpClient {
    // The SDK needs the unchanged bodies. A proxy in the environment isn't meant for an engine on
    // this machine.
    over(builder().no_gzip().no_proxy().build().expect("reqwest takes this rustls"))
}

/// This client in the form that the AWS SDK needs.
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
    // All request bodies for AWS are in memory; none is a stream.
    let request = request.map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default());
    let request = request.try_into().map_err(|error: reqwest::Error| ConnectorError::user(error.into()))?;
    let mut response = client.execute(request).await.map_err(failed)?;
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let body = response.bytes().await.map_err(failed)?;
    HttpResponse::try_from(answer.map(|()| body.into())).map_err(|error| ConnectorError::other(error.into(), None))
}

/// An error after which the SDK tries again.
fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
