//! A disk that is full or can't be written to. The disk is a tmpfs in its own mount namespace. If
//! this machine doesn't allow that, the tests print SKIPPED.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use crate::harness::*;

/// Prepares a script that has a disk of 400 KB at `disk`. `$CT` is the binary.
async fn on_a_small_disk(folder: &Path, script: &str) -> Option<Command> {
    let namespace = ["--user", "--map-root-user", "--mount", "sh", "-e", "-c"];
    std::fs::create_dir_all(folder.join("disk")).unwrap();
    let script_for = |script: &str| {
        let mut command = program("unshare", folder);
        command.args(namespace).arg(format!("mount -t tmpfs -o size=400k tmpfs disk\n{script}")).env("CT", CT);
        command
    };
    if script_for("true").output().await.is_ok_and(|tried| tried.status.success()) {
        return Some(script_for(script));
    }
    // Not `eprintln!`, whose output cargo hides if the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED tests on a small disk: this machine doesn't allow a new mount");
    None
}

/// The path of a file on the disk in the server's namespace.
fn on_disk_of(server: &Server, folder: &Path, name: &str) -> PathBuf {
    let root = format!("/proc/{}/root", server.process.id().unwrap());
    Path::new(&root).join(folder.strip_prefix("/").unwrap()).join("disk").join(name)
}

/// Writes until the disk is full.
fn fill(file: &Path) {
    let mut file = std::fs::File::create(file).unwrap();
    while file.write_all(&[1; 512]).is_ok() {}
}

/// The errors that the commands on this folder print.
fn errors_in(folder: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    log.lines().filter(|line| line.starts_with("error: ")).map(str::to_owned).collect()
}

const SERVE: &str = "exec $CT serve --listen 127.0.0.1:0 --data-dir disk/data";

#[tokio::test]
async fn a_server_on_a_full_disk_answers_500_loses_nothing_and_works_again_when_space_is_free() {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(tikwm_post()).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let Some(mut command) = on_a_small_disk(folder.path(), SERVE).await else { return };
    command.env("TIKWM_BASE_URL", upstream.uri());
    let server = Server::greeted(folder.path(), command).await;
    assert_eq!(server.post_stats(server.live_key()).await.0, 200);

    let filler = on_disk_of(&server, folder.path(), "filler");
    fill(&filler);
    let other = "https://www.tiktok.com/@a/video/7123456780";
    for _ in 0..2 {
        let (status, body) = server.ask(server.live_key(), other).await;
        assert_eq!((status, body["code"].as_str()), (500, Some("internal")), "{body}");
    }
    assert_eq!(server.post_stats(server.test_key()).await.0, 200, "the public key needs no stored data");
    let data = on_disk_of(&server, folder.path(), "data");
    let show = ["--data-dir", data.to_str().unwrap(), "accounts", "show", "0000000000"];
    let shown = print(folder.path(), &show).await;
    assert_eq!((after(&shown, "spent"), after(&shown, "held"), after(&shown, "balance")), ("0.001", "0", "99.999"));

    std::fs::remove_file(filler).unwrap();
    assert_eq!(server.ask(server.live_key(), other).await.0, 200);
    let shown = print(folder.path(), &show).await;
    assert_eq!((after(&shown, "spent"), after(&shown, "held"), after(&shown, "balance")), ("0.002", "0", "99.998"));
    assert!(server.stop().await);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("database or disk is full"), "{log}");
}

#[tokio::test]
async fn a_disk_that_is_full_at_the_start_is_reported_and_the_folder_stays_usable() {
    let folder = TempDir::new().unwrap();
    let script = format!(
        "mkdir -m 700 disk/data; dd if=/dev/zero of=disk/filler bs=512 || true
        for room in 0 1 40 60 80 100 120 140; do
            truncate --size=-${{room}}K disk/filler
            timeout 5 $CT serve --listen 127.0.0.1:0 --data-dir disk/data >greeting || true
            ! [ -s greeting ] || break
        done
        rm disk/filler; {SERVE}"
    );
    let Some(command) = on_a_small_disk(folder.path(), &script).await else { return };
    let server = Server::greeted(folder.path(), command).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(server.stop().await);
    let errors = errors_in(folder.path());
    assert_eq!(errors[0], "error: can't open disk/data/dynamodb.sqlite: database or disk is full");
    assert!(errors.iter().all(|line| line.contains("disk")), "{errors:?}");
}

#[tokio::test]
async fn data_that_can_not_be_written_is_reported_at_the_start() {
    let folder = TempDir::new().unwrap();
    let script = format!(
        "mount -o remount,ro disk
        $CT serve --data-dir disk/data || true
        mount -o remount,rw disk
        $CT --data-dir disk/data accounts create A
        mount -o remount,ro disk
        $CT serve --data-dir disk/data || true
        mount -o remount,rw disk
        {SERVE}"
    );
    let Some(command) = on_a_small_disk(folder.path(), &script).await else { return };
    let server = Server::greeted(folder.path(), command).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(server.stop().await);
    let expected = ["can't create the folder disk/data", "can't write disk/data/lock"];
    let expected = expected.map(|what| format!("error: {what}: Read-only file system (os error 30)"));
    assert_eq!(errors_in(folder.path()), expected);
}
