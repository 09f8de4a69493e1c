//! Checks the two tables: whether they exist, have the right keys, and whether the cache deletes
//! expired items.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{KeyType, TableDescription, TableStatus, TimeToLiveStatus};
use shared::dynamodb::{CACHE_TTL_ATTRIBUTE, causes};

use super::clock::Difference;
use super::report::{Check, Report};
use crate::database::Database;

/// AWS's error codes for missing, wrong, expired or insufficient credentials.
const REFUSED: [&str; 7] = [
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "AccessDeniedException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
    "InvalidClientTokenId",
];

/// Returns whether the accounts' table can be read. Reports what is wrong with the tables and the
/// clock.
pub async fn look(database: &Database, report: &mut Report) -> bool {
    let (client, tables, difference) = (&database.client, &database.tables, Difference::default());
    let accounts = look_at(client, &tables.accounts, &["pk", "sk"], &difference, report).await;
    let cache = look_at(client, &tables.cache, &["pk"], &difference, report).await;
    if accounts && cache {
        report.fine(Check::Tables, format!("{} and {} exist", tables.accounts, tables.cache));
    }
    if cache {
        ttl(client, &tables.cache, report).await;
    }
    difference.look(report);
    accounts
}

async fn look_at(client: &Client, table: &str, keys: &[&str], difference: &Difference, report: &mut Report) -> bool {
    let describe = client.describe_table().table_name(table).customize().interceptor(difference.clone());
    match Box::pin(describe.send()).await {
        Ok(described) => is_right(described.table.as_ref(), table, keys, report),
        Err(error) => {
            not_described(table, error, report);
            false
        }
    }
}

fn is_right(described: Option<&TableDescription>, table: &str, keys: &[&str], report: &mut Report) -> bool {
    let status = described.and_then(TableDescription::table_status);
    if !matches!(status, Some(TableStatus::Active | TableStatus::Updating)) {
        let status = status.map_or("unknown", TableStatus::as_str);
        report.wrong(Check::Tables, format!("{table} is {status}"), "wait until it is ACTIVE, then run this again");
        return false;
    }
    let mut schema = described.map(TableDescription::key_schema).unwrap_or_default().to_vec();
    schema.sort_by_key(|key| key.key_type != KeyType::Hash);
    let names: Vec<&str> = schema.iter().map(|key| &*key.attribute_name).collect();
    if names != keys {
        let seen = format!("{table} has the key {}, not {}", names.join(" and "), keys.join(" and "));
        report.wrong(Check::Tables, seen, "set the name of the right table, or create the table as template.yaml does");
    }
    names == keys
}

fn not_described(table: &str, error: SdkError<DescribeTableError>, report: &mut Report) {
    let code = error.code().unwrap_or_default().to_owned();
    if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) {
        let to_do = "set ACCOUNTS_TABLE and CACHE_TABLE to the tables' names, or choose the stack with --stack; on \
                     this machine, `ct serve` creates the tables";
        return report.wrong(Check::Tables, format!("the table {table} doesn't exist"), to_do);
    }
    if REFUSED.contains(&&*code) {
        let seen = format!("DynamoDB refuses the credentials for {table}: {code}");
        let to_do = "use credentials of the tables' account that may dynamodb:DescribeTable, DescribeTimeToLive, \
                     Scan, Query and GetItem, and have not expired";
        return report.wrong(Check::Credentials, seen, to_do);
    }
    let seen = format!("{table} can't be described: {}", causes(&error));
    report.wrong(Check::Tables, seen, "check that DynamoDB's address is right and can be reached from this machine");
}

async fn ttl(client: &Client, table: &str, report: &mut Report) {
    let to_do = format!(
        "aws dynamodb update-time-to-live --table-name {table} \
         --time-to-live-specification Enabled=true,AttributeName={CACHE_TTL_ATTRIBUTE}"
    );
    let described = match client.describe_time_to_live().table_name(table).send().await {
        Ok(described) => described.time_to_live_description,
        Err(error) => {
            let to_do = "use credentials that may dynamodb:DescribeTimeToLive";
            return report.wrong(Check::Ttl, causes(&error), to_do);
        }
    };
    let status = described.as_ref().and_then(|ttl| ttl.time_to_live_status.clone());
    let attribute = described.as_ref().and_then(|ttl| ttl.attribute_name.as_deref());
    match (status, attribute) {
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), Some(CACHE_TTL_ATTRIBUTE)) => {
            report.fine(Check::Ttl, format!("expired items are deleted from {table}"));
        }
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), other) => {
            let seen = format!("{table} deletes items by {}, not by {CACHE_TTL_ATTRIBUTE}", other.unwrap_or("nothing"));
            report.wrong(Check::Ttl, seen, format!("turn time to live off, wait an hour, then run: {to_do}"));
        }
        _ => report.wrong(Check::Ttl, format!("expired items are never deleted from {table}, whose cost grows"), to_do),
    }
}
