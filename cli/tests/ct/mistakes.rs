//! Mistakes on the command line change nothing, and get a helpful error.

use std::process::Stdio;

use rstest::rstest;
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn invalid_arguments_are_refused_with_a_clear_message() {
    let folder = TempDir::new().unwrap();
    print(folder.path(), &["accounts", "create", "Some One"]).await;
    let no_account = complaint(folder.path(), &["accounts", "show", "AAAAAAAAAA"]).await;
    assert_eq!(no_account, "error: there is no account AAAAAAAAAA\n");
    for (arguments, says) in [
        (&["accounts", "show", "x"][..], "10 letters and digits"),
        (&["accounts", "create", " "], "1 to 200 characters"),
        (&["keys", "create", "AAAAAAAAAA"], "there is no account"),
        (&["keys", "create", "AAAAAAAAAA", "--rate-limit", "0"], "1..=1000000"),
        (&["keys", "revoke", "x"], "a key's id is 16 hex digits"),
        (&["keys", "revoke", " 0123456789ABCDEF ", "--yes"], "there is no key 0123456789abcdef"),
        (&["funds", "add", "AAAAAAAAAA", "5", "--payment-id", "1"], "there is no account"),
        (&["funds", "add", "AAAAAAAAAA", "0", "--payment-id", "1"], "write an amount above 0"),
        (&["funds", "add", "AAAAAAAAAA", "1e9", "--payment-id", "1"], "write dollars as digits"),
        (&["funds", "add", "AAAAAAAAAA", "5"], "--payment-id"),
        (&["funds", "refund", "AAAAAAAAAA", "5"], "--reason"),
        (&["funds", "refund", "AAAAAAAAAA", "-5", "--reason", "x"], "write dollars as digits"),
        (&["funds", "refund", "AAAAAAAAAA", "5", "--reason", "x", "--yes"], "there is no account"),
        (&["funds", "adjust", "AAAAAAAAAA", "--5", "--reason", "x"], "unexpected argument '--5'"),
        (&["funds", "adjust", "AAAAAAAAAA", "0", "--reason", "x"], "write an amount above 0"),
        (&["funds", "adjust", "AAAAAAAAAA", "-1000001", "--reason", "x"], "write at most 1000000"),
        (&["funds", "adjust", "AAAAAAAAAA", "x", "--reason", "x"], "write a minus before an amount to take"),
        (&["funds", "list", "AAAAAAAAAA"], "there is no account"),
        (&["keys", "revoke"], "<KEY_ID|--all <ACCOUNT>>"),
        (&["keys", "revoke", "0123456789abcdef", "--all", "AAAAAAAAAA"], "cannot be used with"),
        (&["keys", "list", "AAAAAAAAAA"], "there is no account"),
        (&["accounts", "close", "AAAAAAAAAA"], "there is no account"),
        (&["accounts", "reopen", "AAAAAAAAAA"], "there is no account"),
        (&["accounts", "export", "AAAAAAAAAA"], "there is no account"),
        (&["accounts", "delete", "AAAAAAAAAA", "--yes"], "there is no account"),
        (&["usage", "AAAAAAAAAA"], "there is no account"),
        (&["usage", "--days", "0"], "is not in 1..=3660"),
        (&["usage", "--by", "week"], "day, endpoint, customer"),
        (&["serve", "--listen", "everywhere"], "write it like 3000"),
    ] {
        let said = complaint(folder.path(), arguments).await;
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_folder_without_data_is_refused_and_not_created() {
    let folder = TempDir::new().unwrap();
    for command in [
        &["accounts", "show", "AAAAAAAAAA"][..],
        &["accounts", "reset-failures", "AAAAAAAAAA"],
        &["keys", "create", "AAAAAAAAAA"],
        &["keys", "revoke", "0123456789abcdef"],
        &["funds", "add", "AAAAAAAAAA", "5", "--payment-id", "1"],
        &["accounts", "list"],
        &["funds", "list", "AAAAAAAAAA"],
        &["usage"],
    ] {
        for (named, path) in [(&["--data-dir", "typo"][..], "typo"), (&[], ".ct")] {
            let said = complaint(folder.path(), &[named, command].concat()).await;
            assert_eq!(said, format!("error: {path} has no data; choose the folder with --data-dir\n"));
            assert!(!folder.path().join(path).exists());
        }
    }
}

#[tokio::test]
async fn the_first_account_creates_the_folder_and_reports_it() {
    let folder = TempDir::new().unwrap();
    for says in ["created the data in mine\n", ""] {
        let output = run(folder.path(), &["--data-dir", "mine", "accounts", "create", "A"]).await;
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), says);
    }
}

#[tokio::test]
async fn a_folder_with_other_files_is_refused() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "").unwrap();
    for command in [&["--data-dir", ".", "accounts", "create", "A"][..], &["--data-dir", ".", "serve"]] {
        assert!(complaint(folder.path(), command).await.contains("contains other files"));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[rstest]
#[case::an_empty_folder(&["--data-dir", "", "accounts", "create", "A"], "a value is required for '--data-dir <FOLDER>'")]
#[case::a_stack_and_a_folder(&["--stack", "s", "--data-dir", "d", "accounts", "create", "A"], "--data-dir is for data on this machine")]
#[case::in_any_place(&["--stack", "s", "accounts", "create", "A", "--data-dir", "d"], "--data-dir is for data on this machine")]
#[case::an_endpoint_and_a_folder(
    &["--dynamodb-endpoint", "http://127.0.0.1:9", "--data-dir", "d", "serve"],
    "--data-dir is for data on this machine"
)]
#[case::an_invalid_endpoint(&["--dynamodb-endpoint", "localhost", "serve"], "\"localhost\" isn't the address of a DynamoDB")]
#[case::a_line_break_in_a_name(&["accounts", "create", "A\nB"], "without line breaks")]
#[case::an_escape_in_a_name(&["accounts", "create", "\u{1b}[31mA"], "without line breaks, control characters")]
#[case::an_escape_in_a_payment(
    &["funds", "add", "AAAAAAAAAA", "5", "--payment-id", "\u{1b}"],
    "without line breaks, control characters"
)]
#[case::an_invisible_letter_in_a_name(&["accounts", "create", "A\u{202e}B"], "and invisible characters")]
#[case::a_negative_amount(&["funds", "add", "AAAAAAAAAA", "-5", "--payment-id", "1"], "write dollars as digits")]
#[case::both_modes(&["keys", "create", "AAAAAAAAAA", "--test", "--live"], "cannot be used with")]
#[case::a_path_for_an_origin(&["serve", "--cors", "https://a.example/"], "write it like https://example.com")]
#[case::another_scheme(&["serve", "--cors", "ftp://a.example"], "write it like https://example.com")]
#[case::a_pattern_for_an_origin(&["serve", "--cors", "https://*.example"], "write it like https://example.com")]
#[case::no_origin(&["serve", "--cors", "a.example"], "write it like https://example.com")]
#[case::no_origin_without_serve(&["--cors", "a.example"], "write it like https://example.com")]
#[case::no_settings(&["serve", "--settings", "nowhere.json"], "nowhere.json: No such file")]
#[case::an_unknown_option(&["accounts", "show", "AAAAAAAAAA", "--verbose"], "unexpected argument '--verbose'")]
#[tokio::test]
async fn a_mistake_is_reported_without_a_backtrace_and_without_a_useless_hint(
    #[case] arguments: &[&str],
    #[case] says: &str,
) {
    let folder = TempDir::new().unwrap();
    let said = complaint(folder.path(), arguments).await;
    assert!(said.starts_with("error: ") && said.contains(says), "{said}");
    for not in ["Stack backtrace", "tip:", "-- -"] {
        assert!(!said.contains(not), "{said}");
    }
    assert!(!folder.path().join(".ct").exists(), "no data is created");
}

#[tokio::test]
async fn invalid_settings_are_refused_and_not_shown() {
    let folder = TempDir::new().unwrap();
    for (text, says) in [
        ("RAPIDAPI_KEY=s3cret", "settings.json must be a JSON object with string values"),
        ("{\n\"RAPIDAPI_KEY\": \"s3cret\",\n}", "see line 3, column 1"),
        (
            r#"{"rapidapi_key": "s3cret"}"#,
            "settings.json: the name of a member is unknown; known names are RAPIDAPI_KEY, ",
        ),
        (r#"{"RAPIDAPI_KEY": "s3 cret"}"#, "RAPIDAPI_KEY: must have only letters, digits and symbols"),
    ] {
        std::fs::write(folder.path().join("settings.json"), text).unwrap();
        let said = complaint(folder.path(), &["serve", "--settings", "settings.json"]).await;
        assert!(said.contains(says) && !said.contains("cret"), "{said}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn settings_that_can_be_read_only_once_are_refused() {
    let folder = TempDir::new().unwrap();
    let said = complaint(folder.path(), &["serve", "--settings", "/dev/null"]).await;
    assert!(said.contains("/dev/null: this must be a regular file"), "{said}");
}

#[tokio::test]
async fn a_damaged_database_and_a_missing_one_get_different_errors() {
    let folder = TempDir::new().unwrap();
    print(folder.path(), &["accounts", "create", "A"]).await;
    let database = folder.path().join(".ct/dynamodb.sqlite");
    std::fs::write(&database, "garbage, and more of it than nothing").unwrap();
    let said = complaint(folder.path(), &["accounts", "create", "A"]).await;
    assert!(said.contains(".ct/dynamodb.sqlite is damaged or isn't a database"), "{said}");
    std::fs::write(&database, "").unwrap();
    assert!(complaint(folder.path(), &["accounts", "show", "AAAAAAAAAA"]).await.contains(".ct has no data"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_error_names_a_created_key_or_account_that_can_not_be_printed() {
    let folder = TempDir::new().unwrap();
    let account = print(folder.path(), &["accounts", "create", "A"]).await;
    let account = after(&account, "account");
    for (arguments, before, behind) in [
        (&["keys", "create", account][..], "the key ", " was created, but can't be printed; revoke it"),
        (&["accounts", "create", "B"], "the account ", " was created, but its id can't be printed"),
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let process = ct(folder.path()).args(arguments).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = process.wait_with_output().await.unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        let id = said.split_once(before).and_then(|(_, rest)| Some(rest.split_once(behind)?.0));
        assert!(id.is_some_and(|id| id.len() >= 10 && !id.contains(' ')), "{said}");
        assert!(!said.contains("ct_live_"), "{said}");
    }
}

#[tokio::test]
async fn an_invalid_log_level_stops_the_start() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["serve"][..], &["accounts", "create", "A"]] {
        let output = ct(folder.path()).env("RUST_LOG", "inof").args(arguments).output().await.unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: RUST_LOG: \"inof\" isn't a level"));
    }
}

#[tokio::test]
async fn a_missing_region_is_reported_in_one_line() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["--stack", "prod", "accounts", "show", "AAAAAAAAAA"][..],
        &["--dynamodb-endpoint", "https://dynamodb.example", "accounts", "show", "AAAAAAAAAA"],
    ] {
        let mut command = ct(folder.path());
        command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION").env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("HOME", folder.path());
        let output = command.args(arguments).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "error: no AWS region: set AWS_REGION, or a region in your AWS profile\n");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_closed_output_does_not_make_a_command_panic() {
    let folder = TempDir::new().unwrap();
    let account = print(folder.path(), &["accounts", "create", "A"]).await;
    let account = after(&account, "account");
    for arguments in [
        &["accounts", "show", account][..],
        &["keys", "create", account],
        &["accounts", "list"],
        &["link", "https://www.tiktok.com/@a", "https://www.tiktok.com/@b"],
        &["--help"],
        &["accounts", "show", "AAAAAAAAAA"],
        &["nonsense"],
    ] {
        // Both outputs are closed before the command writes.
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = ct(folder.path());
        command.args(arguments).stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut process = command.spawn().unwrap();
        drop((reader, command));
        let code = process.wait().await.unwrap().code().expect("no signal");
        assert_ne!(code, 101, "{arguments:?} panicked");
        let loses_nothing = ["link", "--help"].contains(&arguments[0])
            || arguments[1..] == ["show", account]
            || arguments[1..] == ["list"];
        assert_eq!(code == 0, loses_nothing, "{arguments:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_works_although_its_greeting_and_log_are_not_read() {
    let folder = TempDir::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = ct(folder.path());
    command.args(["serve", "--listen", &free]).stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut process = command.spawn().unwrap();
    drop((reader, command));
    let http = shared::http_client::builder().build().unwrap();
    let answer = loop {
        match http.get(format!("http://{free}/v1/ping")).send().await {
            Ok(answer) => break answer,
            Err(_) => assert!(process.try_wait().unwrap().is_none(), "the server still runs"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(answer.status(), 401);
    assert!(process.try_wait().unwrap().is_none(), "the server still runs after it logs a request");
}

#[rstest]
#[case::no_price("PRICE_POST_STATS", "free", "PRICE_POST_STATS: \"free\"")]
#[case::too_large("LEASE_MS", "99999999999999999999", "LEASE_MS: must be a number from 1 to 600000, not ")]
#[case::one_table_for_both("CACHE_TABLE", "Accounts", "CACHE_TABLE: must be another table than ACCOUNTS_TABLE")]
#[case::an_address_with_a_key(
    "TIKWM_BASE_URL",
    "http://h/?key=s3cret",
    "TIKWM_BASE_URL: must be an http or https address"
)]
#[tokio::test]
async fn an_invalid_configuration_is_refused_with_the_name_of_the_variable(
    #[case] variable: &str,
    #[case] value: &str,
    #[case] says: &str,
) {
    let folder = TempDir::new().unwrap();
    let output = ct(folder.path()).env(variable, value).output().await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(says) && !said.contains("s3cret"), "{said}");
}
