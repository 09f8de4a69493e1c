//! The floor: the smallest function that makes the two simultaneous DynamoDB calls of a cached
//! answer and returns its bytes. It reads the environment, signs, sends, times out and retries like
//! our functions. It has no other code of theirs: it reads no configuration, links or items, checks
//! no key, and writes no log or metrics. `measure` compares the lengths of the requests and
//! responses of both.

use std::env::var;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{B, N, S};
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use lambda_http::{Error, Request, Response, service_fn};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

const BODY: &str = r#"{"ok":true,"data":{"platform":"twitter","post_url":"https://x.com/i/status/1848831595014459513","post_id":"1848831595014459513","views":8417688,"likes":16578,"comments":1334,"shares":2240,"precision":"exact","provider":"fxtwitter","fetched_at":"2026-11-23T21:11:24.141Z","views_kind":"impressions","details":{"author":{"username":null,"name":null,"id":null},"caption":null,"published_at":null,"kind":null,"duration_seconds":null,"thumbnail_url":null,"saves":null,"is_paid_partnership":null,"co_authors":null},"engagement_rate":0.0024,"completed_by":[]},"meta":{"cached":true,"platform":"twitter","request_id":"SswFG3BXNNYYtDzZiB7u","expires_at":"3000-01-01T00:00:00.000Z"}}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let dynamodb = client()?;
    lambda_http::run(service_fn(|_: Request| {
        let dynamodb = dynamodb.clone();
        async move { answer(&dynamodb).await }
    }))
    .await
}

async fn answer(dynamodb: &Client) -> Result<Response<String>, Error> {
    let cached =
        dynamodb.get_item().table_name("Cache").key("pk", S("2#live#post_stats#twitter#1848831595014459513".into()));
    let counted = dynamodb
        .update_item()
        .table_name("Accounts")
        .key("pk", S("account#Acc0unt123".into()))
        .key("sk", S("account".into()))
        .update_expression(
            "SET #keys.#key.#used = #keys.#key.#used + :requests, #usage.#u0 = if_not_exists(#usage.#u0, :zero) + :subjects",
        )
        .condition_expression(
            "attribute_exists(#usage) AND #keys.#key.#hash = :hash AND attribute_not_exists(#keys.#key.#revoked_at) \
             AND (attribute_not_exists(#keys.#key.#expires_at) OR #keys.#key.#expires_at > :now) \
             AND (attribute_not_exists(#keys.#key.#ends_at) OR #keys.#key.#ends_at > :now) \
             AND #keys.#key.#window >= :window AND #keys.#key.#used < #keys.#key.#rate_limit",
        )
        .expression_attribute_names("#usage", "usage")
        .expression_attribute_names("#keys", "keys")
        .expression_attribute_names("#key", "0123456789abcdef")
        .expression_attribute_names("#hash", "hash")
        .expression_attribute_names("#revoked_at", "revoked_at")
        .expression_attribute_names("#expires_at", "ex")
        .expression_attribute_names("#ends_at", "end")
        .expression_attribute_names("#window", "window")
        .expression_attribute_names("#used", "used")
        .expression_attribute_names("#u0", "g18sr")
        .expression_attribute_names("#rate_limit", "rate_limit")
        .expression_attribute_values(":hash", B(Blob::new([7; 32])))
        .expression_attribute_values(":requests", N("1".into()))
        .expression_attribute_values(":subjects", N("1".into()))
        .expression_attribute_values(":now", N("1795807172".into()))
        .expression_attribute_values(":zero", N("0".into()))
        .expression_attribute_values(":window", N("29929392".into()))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let (counted, cached) = tokio::join!(counted.send(), cached.send());
    (counted?, cached?);
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
        .header("x-ratelimit-limit", "100000")
        .header("x-ratelimit-remaining", "99999")
        .header("x-ratelimit-reset", "1798204251453")
        .header("ratelimit-policy", "\"default\";q=100000;w=60")
        .header("ratelimit", "\"default\";r=99999;t=1798204251453")
        .header("x-charge", "0")
        .header("x-balance", "25")
        .header("age", "200000");
    Ok(response.body(BODY.to_owned())?)
}

fn client() -> Result<Client, Error> {
    let credentials = Credentials::new(
        var("AWS_ACCESS_KEY_ID")?,
        var("AWS_SECRET_ACCESS_KEY")?,
        var("AWS_SESSION_TOKEN").ok(),
        None,
        "Lambda's environment",
    );
    let times = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3));
    let connector = SharedHttpConnector::new(Connector(http()?));
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(var("AWS_REGION")?))
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::no_cache())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard())
        .timeout_config(times.build());
    config.set_endpoint_url(var("AWS_ENDPOINT_URL").ok());
    Ok(Client::from_conf(config.build()))
}

fn http() -> Result<reqwest::Client, Error> {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).no_gzip().no_proxy().build()?)
}

#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            send(&client, request).await.map_err(|error| ConnectorError::other(error, None))
        })
    }
}

async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Error> {
    let request = request.try_into_http1x()?.map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default());
    let mut response = client.execute(request.try_into()?).await?;
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let body = response.bytes().await?;
    Ok(HttpResponse::try_from(answer.map(|()| body.into()))?)
}
