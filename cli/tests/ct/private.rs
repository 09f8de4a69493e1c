//! Only its user can reach the data: no port, website or other user can. The demo account's key is
//! random.

use tempfile::TempDir;

use crate::harness::*;

fn demo_key(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join(".ct/demo.key")).unwrap().trim().to_owned()
}

#[cfg(unix)]
fn mode(path: std::path::PathBuf) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_and_its_socket_become_private_even_if_the_folder_was_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join(".ct");
    for before in [None, Some(0o755)] {
        if let Some(before) = before {
            std::fs::set_permissions(&data, std::fs::Permissions::from_mode(before)).unwrap();
        }
        let server = Server::start(folder.path(), &[]).await;
        assert_eq!((mode(data.clone()), mode(data.join("engine.socket"))), (0o700, 0o600));
        assert!(server.stop().await);
        assert!(!data.join("engine.socket").exists());
    }
}

/// The ports on which a process listens.
#[cfg(target_os = "linux")]
fn ports(process: u32) -> Vec<u16> {
    let sockets = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().filter_map(|file| {
        let target = std::fs::read_link(file.ok()?.path()).ok()?;
        Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
    });
    let sockets: Vec<String> = sockets.collect();
    let mut ports = Vec::new();
    for table in ["tcp", "tcp6"] {
        let table = std::fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (fields[1], fields[3], fields[9]);
            if state == "0A" && sockets.iter().any(|socket| socket == inode) {
                ports.push(u16::from_str_radix(local.rsplit(':').next().unwrap(), 16).unwrap());
            }
        }
    }
    ports
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_port_answers_requests_to_dynamodb_from_a_website_or_elsewhere() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let ports = ports(server.process.id().unwrap());
    assert_eq!(ports, [server.base.rsplit(':').next().unwrap().parse::<u16>().unwrap()], "only the API's port is open");
    let http = shared::http_client::builder().build().unwrap();
    for operation in ["ListTables", "Scan", "GetItem", "UpdateItem"] {
        for (method, origin) in
            [("POST", None), ("POST", Some("https://evil.example")), ("OPTIONS", Some("https://evil.example"))]
        {
            let mut request = http.request(method.parse().unwrap(), format!("{}/", server.base));
            request = request
                .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
                .header("content-type", "application/x-amz-json-1.0")
                .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request");
            if let Some(origin) = origin {
                request = request.header("origin", origin).header("access-control-request-method", "POST");
            }
            let answer = request.body(r#"{"TableName": "Accounts"}"#).send().await.unwrap();
            // The site's first page accepts only GET; a preflight gets no CORS headers.
            let expected = if method == "OPTIONS" { 204 } else { 405 };
            assert_eq!(answer.status(), expected, "{method} {operation}");
            assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")));
            assert!(!answer.text().await.unwrap().contains("balance"));
        }
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_demo_accounts_live_key_is_random_and_kept_in_the_folder() {
    let [one, other] = [(); 2].map(|()| TempDir::new().unwrap());
    let server = Server::start(one.path(), &[]).await;
    let key = server.live_key().to_owned();
    assert!(key.starts_with("ct_live_0000000000"), "{key}");
    assert_eq!(demo_key(&one), key);
    assert!(server.stop().await);
    let server = Server::start(one.path(), &[]).await;
    assert_eq!(server.live_key(), key);
    assert!(server.stop().await);
    let server = Server::start(other.path(), &[]).await;
    assert_ne!(server.live_key(), key);
    assert_eq!(server.post_stats(&key).await.0, 401);
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_public_demo_key_of_earlier_versions_is_refused_and_revoked() {
    use shared::account::{ApiKey, Mode};
    let folder = TempDir::new().unwrap();
    let old = ApiKey::public(Mode::Live);
    let server = Server::start(folder.path(), &[]).await;
    // Stored as earlier versions did.
    add_key(folder.path(), &old).await;
    assert_eq!(server.post_stats(old.reveal()).await.0, 401);
    assert!(server.stop().await);
    let server = Server::start(folder.path(), &[]).await;
    assert_eq!(server.post_stats(old.reveal()).await.0, 401);
    let keys = rows(folder.path(), &["keys", "list", "0000000000"]).await;
    let row = keys.iter().find(|row| row["key_id"] == old.id()).unwrap();
    assert_eq!((row["mode"].as_str(), row["state"].as_str()), (Some("live"), Some("revoked")), "{row}");
    assert!(server.stop().await);
}

#[tokio::test]
async fn no_demo_creates_no_demo_account_and_refuses_its_key() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--no-demo"]).await;
    assert!(!server.greeting.contains("live key"), "{}", server.greeting);
    assert_eq!(server.post_stats(server.test_key()).await.0, 200, "the public test key works");
    assert!(complaint(folder.path(), &["accounts", "show", "0000000000"]).await.contains("there is no account"));
    assert!(server.stop().await);

    let server = Server::start(folder.path(), &[]).await;
    let key = server.live_key().to_owned();
    assert!(server.stop().await);
    let server = Server::start(folder.path(), &["--no-demo"]).await;
    assert_eq!(server.post_stats(&key).await.0, 401);
    assert!(server.stop().await);
}

#[cfg(unix)]
#[tokio::test]
async fn commands_ask_to_stop_the_server_if_it_has_no_socket() {
    let folder = TempDir::new().unwrap();
    let long = folder.path().join("a".repeat(120));
    let options = ["--data-dir", long.to_str().unwrap()];
    let server = Server::start(folder.path(), &options).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    let command = [&options[..], &["accounts", "create", "A"]].concat();
    let said = complaint(folder.path(), &command).await;
    assert!(said.contains("stop it") && said.contains(options[1]), "{said}");
    assert!(server.stop().await);
    print(folder.path(), &command).await;
}

#[tokio::test]
async fn a_revoked_or_lost_demo_key_is_replaced_and_no_longer_works() {
    let folder = TempDir::new().unwrap();
    for lose in [true, false] {
        let server = Server::start(folder.path(), &[]).await;
        let key = server.live_key().to_owned();
        if lose {
            std::fs::remove_file(folder.path().join(".ct/demo.key")).unwrap();
        } else {
            // The command gets the whole key, and doesn't print it.
            assert!(!print(folder.path(), &["keys", "revoke", &key, "--yes"]).await.contains(&key));
        }
        assert!(server.stop().await);
        let server = Server::start(folder.path(), &[]).await;
        assert_ne!(server.live_key(), key);
        assert_eq!(server.post_stats(&key).await.0, 401);
        assert_eq!(server.post_stats(server.test_key()).await.0, 200);
        assert!(server.stop().await);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_others_can_write_to_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join(".ct");
    std::fs::create_dir(&data).unwrap();
    let mine = folder.path().join("mine");
    std::fs::write(&mine, "mine").unwrap();
    std::os::unix::fs::symlink(&mine, data.join("lock")).unwrap();
    for is_empty in [false, true] {
        if is_empty {
            std::fs::remove_file(data.join("lock")).unwrap();
        }
        for others in [0o777, 0o775] {
            std::fs::set_permissions(&data, std::fs::Permissions::from_mode(others)).unwrap();
            // A refused folder is refused again.
            for command in [&["accounts", "create", "A"][..], &["serve"], &["serve"]] {
                assert!(complaint(folder.path(), command).await.contains("others can write to it"));
            }
            assert_eq!(mode(data.clone()), others);
        }
    }
    assert_eq!(std::fs::read_to_string(mine).unwrap(), "mine");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_of_another_user_is_refused() {
    use std::io::Write;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join(".ct");
    std::fs::create_dir(&data).unwrap();
    if std::os::unix::fs::chown(&data, Some(65_534), None).is_err() {
        let _ = writeln!(std::io::stderr(), "SKIPPED a folder of another user: only root can change a folder's owner");
        return;
    }
    assert!(complaint(folder.path(), &["accounts", "create", "A"]).await.contains("it belongs to another user"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_stays_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    print(folder.path(), &["accounts", "create", "A"]).await;
    let data = folder.path().join(".ct");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o555)).unwrap();
    run(folder.path(), &["accounts", "show", "AAAAAAAAAA"]).await;
    assert_eq!(mode(data.clone()), 0o500);
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
}
