//! The operator's commands.

use std::path::Path;

use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::*;

#[tokio::test]
async fn an_operator_creates_funds_and_revokes_while_the_server_runs() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let created = print(folder.path(), &["accounts", "create", "Some One"]).await;
    let account = after(&created, "account");
    let key = print(folder.path(), &["keys", "create", account, "--test", "--rate-limit", "5"]).await;
    assert!(after(&key, "key").starts_with("ct_test_"));
    assert_eq!(server.post_stats(after(&key, "key")).await.0, 200);

    let payment = ["funds", "add", account, "12.5", "--payment-id", "invoice 1"];
    assert_eq!(after(&print(folder.path(), &payment).await, "balance"), "12.5");
    let again = print(folder.path(), &payment).await;
    assert!(again.contains("credited before") && after(&again, "balance") == "12.5");
    let other = ["funds", "add", account, "13", "--payment-id", "invoice 1"];
    assert!(complaint(folder.path(), &other).await.contains("credited before, with another amount"));

    let id = after(&key, "id");
    assert!(print(folder.path(), &["keys", "list", account]).await.contains(&format!("{id}  5/min   active")));
    print(folder.path(), &["keys", "revoke", id, "--yes"]).await;
    assert_eq!(server.post_stats(after(&key, "key")).await.0, 401);
    assert!(print(folder.path(), &["accounts", "show", account]).await.contains("revoked"));
    assert!(server.stop().await);
}

#[tokio::test]
async fn commands_at_the_same_time_wait_for_each_other() {
    let folder = TempDir::new().unwrap();
    let (one, two, three) =
        tokio::join!(create(folder.path(), "A"), create(folder.path(), "B"), create(folder.path(), "C"));
    assert!(one != two && two != three);
}

async fn create(folder: &Path, name: &str) -> String {
    print(folder, &["accounts", "create", name]).await
}

/// CloudFormation's response about a stack with these outputs.
pub fn stack(outputs: &[(&str, &str)]) -> ResponseTemplate {
    stack_with(&[], outputs)
}

/// CloudFormation's response about a stack with these parameters and outputs.
pub fn stack_with(parameters: &[(&str, &str)], outputs: &[(&str, &str)]) -> ResponseTemplate {
    let members = |kind: &str, members: &[(&str, &str)]| -> String {
        let member = |(key, value): &(&str, &str)| {
            format!("<member><{kind}Key>{key}</{kind}Key><{kind}Value>{value}</{kind}Value></member>")
        };
        members.iter().map(member).collect()
    };
    let (parameters, outputs) = (members("Parameter", parameters), members("Output", outputs));
    ResponseTemplate::new(200).insert_header("content-type", "text/xml").set_body_string(format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>\
         <StackName>prod</StackName><CreationTime>2026-11-23T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
         <Parameters>{parameters}</Parameters><Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    ))
}

#[tokio::test]
async fn operators_commands_work_on_the_tables_of_a_deployed_stack() {
    let folder = TempDir::new().unwrap();
    let tables = [("ACCOUNTS_TABLE", "prod-Accounts-1"), ("CACHE_TABLE", "prod-Cache-1")];
    let endpoint = dynamodb().await;
    let deployed = Server::start_with(folder.path(), &["--dynamodb-endpoint", &endpoint], &tables).await;
    let cloudformation = MockServer::start().await;
    let elsewhere = TempDir::new().unwrap();
    let on_stack = async |arguments: &[&str]| {
        let command = &mut ct(elsewhere.path());
        command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "own").env("AWS_SECRET_ACCESS_KEY", "own");
        command
            .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.uri())
            .env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);
        command.args(["--stack", "prod"]).args(arguments).output().await.unwrap()
    };
    let outputs = [("AccountsTable", "prod-Accounts-1"), ("CacheTable", "prod-Cache-1"), ("ApiAddress", "https://x")];
    Mock::given(any()).respond_with(stack(&outputs)).mount(&cloudformation).await;
    let opened = on_stack(&["accounts", "create", "Some One"]).await;
    let opened = String::from_utf8(opened.stdout).unwrap();
    let account = after(&opened, "account");
    let key = String::from_utf8(on_stack(&["keys", "create", account, "--test"]).await.stdout).unwrap();
    assert!(on_stack(&["funds", "add", account, "5", "--payment-id", "1"]).await.status.success());
    assert_eq!(deployed.post_stats(after(&key, "key")).await.0, 200, "the API knows the key");
    assert!(!elsewhere.path().join(".ct").exists(), "no data is created on this machine");

    cloudformation.reset().await;
    Mock::given(any()).respond_with(stack(&outputs[2..])).mount(&cloudformation).await;
    let other = on_stack(&["accounts", "show", account]).await;
    assert!(String::from_utf8_lossy(&other.stderr).contains("has no output AccountsTable"), "{other:?}");
    assert!(deployed.stop().await);
}

#[tokio::test]
async fn aws_endpoint_url_applies_to_dynamodb_and_the_command_line_takes_precedence() {
    let folder = TempDir::new().unwrap();
    let endpoint = dynamodb().await;
    let elsewhere = |arguments: &[&str]| {
        let mut command = ct(folder.path());
        command.env("AWS_ENDPOINT_URL", &endpoint).args(arguments);
        command
    };
    // The server creates the tables.
    let server = Server::start(folder.path(), &["--dynamodb-endpoint", &endpoint]).await;
    let opened = elsewhere(&["accounts", "create", "Some One"]).output().await.unwrap();
    let opened = String::from_utf8(opened.stdout).unwrap();
    assert!(!folder.path().join(".ct").exists(), "no data is created on this machine");
    let account = after(&opened, "account");
    assert!(elsewhere(&["keys", "create", account, "--live"]).output().await.unwrap().status.success());
    let here = elsewhere(&["--data-dir", ".ct", "accounts", "show", account]).output().await.unwrap();
    assert!(String::from_utf8_lossy(&here.stderr).contains(".ct has no data"), "{here:?}");
    assert!(server.stop().await);
}
