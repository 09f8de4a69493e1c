//! The DynamoDB client, with bounded time and retries, and the two tables.

mod read_many;

pub use read_many::read_many;

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::{BeforeTransmitInterceptorContextRef, InterceptorContext};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, ReconnectMode, RetryAction, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, ConfigBag, Credentials, IdentityCache, Intercept, Region, RuntimeComponents,
    SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CancellationReason, KeySchemaElement, KeyType, ReturnValue,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TimeToLiveSpecification, TimeToLiveStatus,
};

use crate::http_client;

/// An item: attribute names and values.
pub type Item = HashMap<String, AttributeValue>;

/// The attribute of the cache table by which DynamoDB deletes expired items.
pub const CACHE_TTL_ATTRIBUTE: &str = "expires_at";

/// Attempts of one operation, including the first.
pub const ATTEMPTS: u32 = 3;
/// The pause before the first repeated attempt. The SDK's default, a second, is longer than most of
/// our operations may take.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// The two tables' names.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Accounts, the owners of keys, and payments.
    pub accounts: String,
    /// Cached results and leases. They may be lost, unlike accounts, so they have a separate table.
    pub cache: String,
}

/// Time for one operation.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For one attempt.
    pub attempt: Duration,
    /// For all attempts together.
    pub operation: Duration,
}

/// DynamoDB failed in all attempts. This error is only for the log.
#[derive(Debug, thiserror::Error)]
#[error("DynamoDB {operation} failed: {reason}")]
pub struct StorageError {
    operation: &'static str,
    reason: String,
    is_throttled: bool,
}

/// DynamoDB's error codes for too many requests to an item or a table.
const THROTTLED: [&str; 3] = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];

impl StorageError {
    /// The stored item has another form than that of this version.
    pub fn malformed(operation: &'static str, reason: impl fmt::Display) -> Self {
        Self { operation, reason: format!("malformed item: {reason}"), is_throttled: false }
    }

    /// DynamoDB left out a part in each attempt.
    #[must_use]
    pub fn incomplete(operation: &'static str) -> Self {
        Self { operation, reason: "a part was missing in each attempt".to_owned(), is_throttled: true }
    }

    /// Converts the SDK's error, with its causes, to a string.
    pub fn of<E: std::error::Error + ProvideErrorMetadata + 'static>(
        operation: &'static str,
    ) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self {
        move |error| {
            let is_throttled = error.code().is_some_and(|code| THROTTLED.contains(&code));
            Self { operation, reason: causes(&error), is_throttled }
        }
    }

    /// Whether DynamoDB throttled the request.
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        self.is_throttled
    }
}

/// An error of the SDK with its causes. The SDK's own output also has the answer's body, which may
/// contain secrets.
pub fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut said: Vec<String> = Vec::new();
    for cause in causes.map(ToString::to_string) {
        // Some errors repeat the message of their cause.
        if !said.last().is_some_and(|last| last.contains(&cause)) {
            said.push(cause);
        }
    }
    said.join(": ")
}

/// The address and the signature of a client's requests.
#[derive(Clone, Debug)]
pub struct Access {
    /// The AWS region.
    pub region: String,
    /// The signer.
    pub credentials: Credentials,
    /// The address of another DynamoDB than the region's.
    pub endpoint: Option<String>,
    /// The HTTP client that sends the requests.
    pub http: SharedHttpClient,
}

impl Access {
    /// Access to an engine that checks no signature, at `endpoint`.
    #[must_use]
    pub fn local(endpoint: impl Into<String>) -> Self {
        Self { endpoint: Some(endpoint.into()), ..Self::embedded(http_client::for_aws()) }
    }

    /// Access to an engine that checks no signature, through `http`, with any address.
    #[must_use]
    pub fn embedded(http: SharedHttpClient) -> Self {
        Self {
            region: "us-east-1".to_owned(),
            credentials: Credentials::new("local", "local", None, None, "local engine"),
            endpoint: Some("http://localhost".to_owned()),
            http,
        }
    }

    /// The access from a function's environment on Lambda. Without `aws-config`, every cold start
    /// is 2 ms shorter.
    ///
    /// # Errors
    /// The name of the missing variable.
    pub fn from_lambda_environment(env: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariableError> {
        let required = |name| env(name).ok_or(MissingVariableError(name));
        Ok(Self {
            region: required("AWS_REGION")?,
            credentials: Credentials::new(
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                env("AWS_SESSION_TOKEN"),
                None,
                "Lambda's environment",
            ),
            endpoint: aws_endpoint(env, "AWS_ENDPOINT_URL_DYNAMODB"),
            http: http_client::for_aws(),
        })
    }
}

/// The address of an AWS service in the environment: the service's own, or else the one for all of
/// AWS. A blank value counts as missing.
pub fn aws_endpoint(env: impl Fn(&str) -> Option<String>, own: &str) -> Option<String> {
    let set = |name| env(name).filter(|address: &String| !address.trim().is_empty());
    set(own).or_else(|| set("AWS_ENDPOINT_URL"))
}

/// An environment variable that Lambda always sets is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariableError(&'static str);

/// A client for this access.
#[must_use]
pub fn client(access: Access, timeouts: Timeouts) -> Client {
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(access.region))
        .credentials_provider(access.credentials)
        // The credentials exist already.
        .identity_cache(IdentityCache::no_cache())
        .http_client(access.http);
    config.set_endpoint_url(access.endpoint);
    client_with(config, timeouts)
}

/// A client for a configuration that already knows its region, credentials, endpoint and HTTP
/// client.
#[must_use]
pub fn client_with(config: Builder, timeouts: Timeouts) -> Client {
    let config = config
        // Complete answers are read, within an attempt's time.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(timeouts.attempt)
                .operation_timeout(timeouts.operation)
                .build(),
        )
        .retry_config(retries(ATTEMPTS))
        .retry_classifier(RetryTransactionConflicts)
        .interceptor(CountCalls)
        .build();
    Client::from_conf(config)
}

/// This many attempts, including the first. The connections are reqwest's: the SDK can't close one,
/// and would log an error for each failed attempt.
#[must_use]
pub fn retries(attempts: u32) -> RetryConfig {
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(FIRST_BACKOFF);
    retries.with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

tokio::task_local! {
    /// The number of DynamoDB calls for the request of this task, repeated attempts included.
    static CALLS: Cell<u32>;
}

/// Runs `work`, for which [`calls`] counts from zero.
pub async fn counting_calls<F: Future>(work: F) -> F::Output {
    CALLS.scope(Cell::new(0), work).await
}

/// The number of DynamoDB calls until now, if calls are counted.
#[must_use]
pub fn calls() -> Option<u32> {
    CALLS.try_with(Cell::get).ok()
}

#[derive(Debug)]
struct CountCalls;

impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "count calls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Calls outside a request aren't counted.
        let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
        Ok(())
    }
}

/// DynamoDB refuses a write during a transaction on the same item, and changes nothing, so a retry
/// is safe. The SDK doesn't retry such a write.
#[derive(Debug)]
struct RetryTransactionConflicts;

impl ClassifyRetry for RetryTransactionConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let Some(error) = error.as_operation_error() else {
            return RetryAction::NoActionIndicated;
        };
        let update = error.downcast_ref::<UpdateItemError>();
        let put = error.downcast_ref::<PutItemError>();
        let transaction = error.downcast_ref::<TransactWriteItemsError>();
        let conflict = update.is_some_and(UpdateItemError::is_transaction_conflict_exception)
            || put.is_some_and(PutItemError::is_transaction_conflict_exception)
            || transaction.is_some_and(|error| {
                cancellation_reasons(error).iter().any(|reason| reason.code() == Some("TransactionConflict"))
            });
        if conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}

/// The reasons for a cancelled transaction, in the order of its actions; empty for other errors.
#[must_use]
pub fn cancellation_reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    }
}

/// The result of a conditional write.
#[derive(Debug)]
pub enum Written {
    /// It was applied; for updates, with the new item.
    Applied(Item),
    /// Its condition failed; with the current item, if it exists.
    Refused(Option<Item>),
}

/// Sends an update with a condition. A refusal has the current item, so that it needn't be read
/// again.
///
/// A future of the SDK takes 5 KB, and a future contains the futures that it awaits. So requests
/// box each SDK future where it is created.
///
/// # Errors
/// If DynamoDB doesn't answer or refuses for any other reason.
pub async fn update_if(update: UpdateItemFluentBuilder) -> Result<Written, StorageError> {
    written(Box::pin(returning_items(update).send()).await)
}

/// Like [`update_if`], in one attempt: after an error it isn't sent again.
///
/// # Errors
/// If DynamoDB doesn't answer or refuses for any other reason.
pub async fn update_once_if(update: UpdateItemFluentBuilder) -> Result<Written, StorageError> {
    let once = aws_sdk_dynamodb::Config::builder().retry_config(retries(1));
    written(Box::pin(returning_items(update).customize().config_override(once).send()).await)
}

/// Sends an update without a condition, in one attempt; returns the new item.
///
/// # Errors
/// If DynamoDB doesn't answer or refuses.
pub async fn update_once(update: UpdateItemFluentBuilder) -> Result<Item, StorageError> {
    let once = aws_sdk_dynamodb::Config::builder().retry_config(retries(1));
    let update = update.return_values(ReturnValue::AllNew).customize().config_override(once);
    let output = Box::pin(update.send()).await.map_err(StorageError::of("UpdateItem"))?;
    Ok(output.attributes.unwrap_or_default())
}

fn returning_items(update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
    update
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

fn written(sent: Result<UpdateItemOutput, SdkError<UpdateItemError, HttpResponse>>) -> Result<Written, StorageError> {
    match sent {
        Ok(output) => Ok(Written::Applied(output.attributes.unwrap_or_default())),
        Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
            match error.into_err() {
                UpdateItemError::ConditionalCheckFailedException(refusal) => Ok(Written::Refused(refusal.item)),
                _ => Ok(Written::Refused(None)),
            }
        }
        Err(error) => Err(StorageError::of("UpdateItem")(error)),
    }
}

/// Sends a put with a condition; returns whether it was applied.
///
/// # Errors
/// If DynamoDB doesn't answer or refuses for any other reason.
pub async fn put_if(put: PutItemFluentBuilder) -> Result<bool, StorageError> {
    match Box::pin(put.send()).await {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(false),
        Err(error) => Err(StorageError::of("PutItem")(error)),
    }
}

/// A string attribute.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Creates both tables as in template.yaml, if they don't exist yet. It is for the embedded engine
/// and tests; only template.yaml has point-in-time recovery and deletion protection.
///
/// # Errors
/// If DynamoDB refuses.
pub async fn create_tables(client: &Client, tables: &Tables) -> Result<(), StorageError> {
    create_table(client, &tables.accounts, &[("pk", KeyType::Hash), ("sk", KeyType::Range)]).await?;
    create_table(client, &tables.cache, &[("pk", KeyType::Hash)]).await?;
    enable_ttl(client, &tables.cache).await
}

async fn enable_ttl(client: &Client, table: &str) -> Result<(), StorageError> {
    let described = client.describe_time_to_live().table_name(table).send().await;
    let described = described.map_err(StorageError::of("DescribeTimeToLive"))?;
    let status = described.time_to_live_description.and_then(|ttl| ttl.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(CACHE_TTL_ATTRIBUTE)
        .enabled(true)
        .build()
        .map_err(|error| StorageError::malformed("UpdateTimeToLive", error))?;
    let update = client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    update.send().await.map(|_| ()).map_err(StorageError::of("UpdateTimeToLive"))
}

/// Makes a table with string keys, unless it exists.
async fn create_table(client: &Client, name: &str, keys: &[(&str, KeyType)]) -> Result<(), StorageError> {
    let malformed = |error| StorageError::malformed("CreateTable", error);
    let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, role) in keys {
        let key =
            KeySchemaElement::builder().attribute_name(*attribute).key_type(role.clone()).build().map_err(malformed)?;
        let definition = AttributeDefinition::builder()
            .attribute_name(*attribute)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(malformed)?;
        create = create.key_schema(key).attribute_definitions(definition);
    }
    match create.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(error)) if error.err().is_resource_in_use_exception() => Ok(()),
        Err(error) => Err(StorageError::of("CreateTable")(error)),
    }
}
