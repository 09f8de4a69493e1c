//! How commands reach the engine of a running server: over a Unix socket in the folder, which only the folder's owner can open.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use http_body_util::{BodyExt, Limited};
use tokio_util::sync::CancellationToken;

use super::folder::Folder;
use super::protocol::{Protocol, TARGET};

/// Larger than any request of DynamoDB's.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// Answers requests at the folder's socket until `stop`.
///
/// # Errors
/// When the socket can't be made, as where the folder's path is longer than about 90 bytes.
#[cfg(unix)]
pub fn listen(
    folder: &Folder,
    protocol: Protocol,
    stop: CancellationToken,
) -> std::io::Result<impl Future<Output = ()> + use<>> {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.socket();
    // Left behind by a server that was killed: the folder's lock is ours.
    let _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(async move {
        crate::http::serve(listener, router(protocol), stop, std::future::ready(())).await;
        let _ = std::fs::remove_file(path);
    })
}

/// What to send requests to a running server's engine with; None when no server takes them.
#[cfg(unix)]
pub async fn find(folder: &Folder) -> Option<aws_sdk_dynamodb::config::SharedHttpClient> {
    let path = folder.socket();
    tokio::net::UnixStream::connect(&path).await.ok()?;
    let client = shared::http_client::builder().unix_socket(path).build().ok()?;
    Some(shared::http_client::over(client))
}

/// The engine for whoever reaches it.
pub fn router(protocol: Protocol) -> Router {
    Router::new().fallback(answer).with_state(protocol)
}

async fn answer(State(protocol): State<Protocol>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default().to_owned();
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => protocol.answer(target, body.to_bytes()).await.map(Body::from),
        Err(_) => Response::builder().status(400).body(Body::empty()).unwrap_or_default(),
    }
}
