//! Help and completions.

use rstest::rstest;
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn help_separates_global_options_from_a_commands_own_options() {
    let folder = TempDir::new().unwrap();
    for command in [&["keys", "limit"][..], &["accounts", "close"], &["funds", "refund"], &["usage"], &["doctor"], &[]]
    {
        let help = print(folder.path(), &[command, &["--help"]].concat()).await;
        let (own, global) = help.split_once("Global options:\n").unwrap();
        let (global, examples) = global.split_once("Examples:\n").unwrap();
        for option in ["--data-dir", "--dynamodb-endpoint", "--stack", "--json"] {
            assert!(global.contains(option) && !own.contains(option), "{option}: {help}");
        }
        assert!(examples.contains("  ct") && !global.contains("--yes"), "{help}");
    }
}

#[rstest]
#[case("bash", "complete -F _ct")]
#[case("zsh", "#compdef ct")]
#[case("fish", "complete -c ct")]
#[case("powershell", "Register-ArgumentCompleter")]
#[case("elvish", "edit:completion:arg-completer[ct]")]
#[tokio::test]
async fn every_shell_has_completions_of_all_commands(#[case] shell: &str, #[case] says: &str) {
    let folder = TempDir::new().unwrap();
    let script = print(folder.path(), &["completions", shell]).await;
    for part in [says, "accounts", "refund", "reset-failures", "budget-per-day", "all-platforms", "data-dir"] {
        assert!(script.contains(part), "{part}");
    }
    assert!(!folder.path().join(".ct").exists(), "no data is created");
}

#[tokio::test]
async fn the_server_prints_its_greeting_as_json() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let folder = TempDir::new().unwrap();
    let mut command = ct(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--json"]).stdout(std::process::Stdio::piped());
    let mut process = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let greeting: serde_json::Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert!(greeting["address"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{greeting}");
    assert!(greeting["live_key"].as_str().unwrap().starts_with("ct_live_"));
    process.kill().await.unwrap();
}
