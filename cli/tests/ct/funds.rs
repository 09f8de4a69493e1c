//! Operators' entries: each counts once, has a reason, and takes at most the balance.

use serde_json::json;
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn a_mistyped_payment_is_corrected_and_the_books_say_why() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "250").await;
    let correct = ["funds", "adjust", customer.id(), "-225", "--reason", "was 25, not 250", "--id", "fix-1", "--yes"];
    let first = print(folder.path(), &correct).await;
    assert!(first.contains("entered adjustment fix-1: -225") && after(&first, "balance") == "25", "{first}");
    let again = print(folder.path(), &correct).await;
    assert!(again.contains("was entered before; nothing was changed") && after(&again, "balance") == "25", "{again}");
    let other = ["funds", "adjust", customer.id(), "-5", "--reason", "x", "--id", "fix-1", "--yes"];
    assert!(complaint(folder.path(), &other).await.contains("entry fix-1 exists already"));
    let rows = rows(folder.path(), &["funds", "list", customer.id()]).await;
    let shown: Vec<_> = rows.iter().map(|row| (&row["kind"], &row["usd"], &row["reason"])).collect();
    let expected = [
        (json!("payment"), json!("+250"), json!(null)),
        (json!("adjustment"), json!("-225"), json!("was 25, not 250")),
    ];
    assert_eq!(shown, expected.each_ref().map(|(kind, usd, reason)| (kind, usd, reason)));
    let text = print(folder.path(), &["funds", "list", customer.id()]).await;
    assert!(widest(&text) <= 80 && after(&text, "funds") == "25", "{text}");
}

#[tokio::test]
async fn an_entry_without_an_id_gets_one_with_which_it_can_be_repeated() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let refund = ["funds", "refund", customer.id(), "4", "--reason", "cancelled", "--yes"];
    let made = rows(folder.path(), &refund).await.remove(0);
    assert_eq!((&made["is_new"], &made["balance"]), (&json!(true), &json!("6")));
    let repeat = [&refund[..], &["--id", made["id"].as_str().unwrap()]].concat();
    let repeated = rows(folder.path(), &repeat).await.remove(0);
    assert_eq!((&repeated["is_new"], &repeated["balance"]), (&json!(false), &json!("6")));
    let too_much = ["funds", "refund", customer.id(), "6.000001", "--reason", "x", "--yes"];
    assert!(complaint(folder.path(), &too_much).await.contains("the balance is 6, and no more can be taken"));
    let up = ["funds", "adjust", customer.id(), "5", "--reason", "goodwill"];
    assert_eq!(
        after(&print(folder.path(), &up).await, "balance"),
        "11",
        "an entry that takes nothing needs no confirmation"
    );
}

#[tokio::test]
async fn commands_that_take_or_destroy_something_are_refused_without_a_terminal_or_yes() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let key_id = customer.key.id();
    for command in [
        &["funds", "refund", customer.id(), "1", "--reason", "x"][..],
        &["funds", "adjust", customer.id(), "-1", "--reason", "x"],
        &["keys", "revoke", &key_id],
        &["keys", "revoke", "--all", customer.id()],
        &["accounts", "close", customer.id()],
        &["accounts", "delete", customer.id()],
    ] {
        let said = complaint(folder.path(), command).await;
        assert!(
            said.contains("There is no terminal to ask on: confirm with --yes. Nothing was changed"),
            "{command:?}: {said}"
        );
    }
    let shown = rows(folder.path(), &["accounts", "show", customer.id()]).await.remove(0);
    assert_eq!(
        (&shown["balance"], &shown["keys_in_use"], &shown["is_closed"]),
        (&json!("10"), &json!(1), &json!(false))
    );
}

/// The program `script` runs a command on a terminal.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_on_a_terminal_asks_and_only_a_yes_confirms() {
    use std::io::Write as _;
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    if tokio::process::Command::new("script").arg("--version").output().await.is_err() {
        let _ = writeln!(std::io::stderr(), "SKIPPED confirmation on a terminal: the program `script` is missing");
        return;
    }
    for (answer, balance) in [("n\n", "10"), ("\n", "10"), ("y\n", "9")] {
        let command = format!("{CT} funds refund {} 1 --reason x", customer.id());
        let mut script = program("script", folder.path());
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut process = script.spawn().unwrap();
        let mut stdin = process.stdin.take().unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stdin, answer.as_bytes()).await.unwrap();
        let output = process.wait_with_output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let question = format!("Take 1 from the balance of 10 of {} (Some One)? [y/N]", customer.id());
        assert!(said.contains(&question), "{said}");
        assert_eq!(output.status.success(), answer == "y\n", "{said}");
        let shown = rows(folder.path(), &["accounts", "show", customer.id()]).await.remove(0);
        assert_eq!(shown["balance"], balance);
        drop(stdin);
    }
}
