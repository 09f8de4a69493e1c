//! Other commands reach the engine of a running server over a Unix socket in the folder. Only the
//! folder's owner can open it.

use std::fs::{Permissions, remove_file, set_permissions};
use std::os::unix::fs::PermissionsExt;

use aws_sdk_dynamodb::config::SharedHttpClient;
use shared::http_client;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::folder::Folder;
use super::protocol::Protocol;

/// Answers requests at the folder's socket until `stop`.
///
/// # Errors
/// If the socket can't be created, for example because the folder's path is longer than about 90
/// bytes.
pub fn listen(
    folder: &Folder,
    protocol: Protocol,
    stop: CancellationToken,
) -> std::io::Result<impl Future<Output = ()> + use<>> {
    let path = folder.socket();
    // We hold the folder's lock, so an existing socket is from a server that was killed.
    let _ = remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(async move {
        crate::http::serve(listener, protocol.router(), stop, TaskTracker::new()).await;
        let _ = remove_file(path);
    })
}

/// A client for requests to a running server's engine; None if no server accepts them.
pub async fn find(folder: &Folder) -> Option<SharedHttpClient> {
    let path = folder.socket();
    UnixStream::connect(&path).await.ok()?;
    let client = http_client::builder().unix_socket(path).build().ok()?;
    Some(http_client::over(client))
}
