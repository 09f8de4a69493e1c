//! How commands reach the engine of a running server: over a Unix socket in the folder, which only
//! the folder's owner can open.

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
/// When the socket can't be made, as where the folder's path is longer than about 90 bytes.
pub fn listen(
    folder: &Folder,
    protocol: Protocol,
    stop: CancellationToken,
) -> std::io::Result<impl Future<Output = ()> + use<>> {
    let path = folder.socket();
    // Left behind by a server that was killed: the folder's lock is ours.
    let _ = remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(async move {
        crate::http::serve(listener, protocol.router(), stop, TaskTracker::new()).await;
        let _ = remove_file(path);
    })
}

/// The client for requests to a running server's engine; None when no server takes them.
pub async fn find(folder: &Folder) -> Option<SharedHttpClient> {
    let path = folder.socket();
    UnixStream::connect(&path).await.ok()?;
    let client = http_client::builder().unix_socket(path).build().ok()?;
    Some(http_client::over(client))
}
