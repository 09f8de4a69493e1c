//! What goes wrong before a terminal: each mistake costs nothing and is answered with what helps.

use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn nonsense_is_refused_with_a_sentence() {
    let folder = TempDir::new().unwrap();
    print(folder.path(), &["accounts", "create", "Some One"]).await;
    let no_account = complaint(folder.path(), &["accounts", "show", "AAAAAAAAAA"]).await;
    assert_eq!(no_account, "error: there is no account AAAAAAAAAA\n");
    for (arguments, says) in [
        (&["accounts", "show", "x"][..], "10 letters and digits"),
        (&["accounts", "create", " "], "1 to 200 characters"),
        (&["keys", "create", "AAAAAAAAAA"], "there is no account"),
        (&["keys", "create", "AAAAAAAAAA", "--rate-limit", "0"], "1..=1000000"),
        (&["keys", "revoke", "x"], "there is no key x"),
        (&["funds", "add", "AAAAAAAAAA", "5", "--payment-id", "1"], "there is no account"),
        (&["funds", "add", "AAAAAAAAAA", "0", "--payment-id", "1"], "more than nothing"),
        (&["funds", "add", "AAAAAAAAAA", "1e9", "--payment-id", "1"], "write dollars as digits"),
        (&["funds", "add", "AAAAAAAAAA", "5"], "--payment-id"),
        (&["serve", "--listen", "everywhere"], "write it like 3000"),
    ] {
        let said = complaint(folder.path(), arguments).await;
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_configuration_that_makes_no_sense_is_refused_by_the_variables_name() {
    let folder = TempDir::new().unwrap();
    let output = ct(folder.path()).env("PRICE_POST_STATS", "free").output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("PRICE_POST_STATS: \"free\""));
}
