//! HTTP connections: a header has bounded time to arrive, and the end comes at once when nothing is in flight.

use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// For a request's header, and for the wait for one on a connection that is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// For an answer that is ready to reach its caller, when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Serves until `stop`. Then idle connections are closed, and those with a request are once `in_flight` is over; a caller who has
/// sent half a header doesn't hold up the end.
pub async fn serve(
    mut listener: impl Listener,
    router: Router,
    stop: CancellationToken,
    in_flight: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    while let Some((stream, _)) = stop.run_until_cancelled(listener.accept()).await {
        let mut connection = http1::Builder::new();
        connection.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.watch(connection.serve_connection(TokioIo::new(stream), service));
        // A connection that breaks is its caller's matter.
        tokio::spawn(async { connection.await.unwrap_or_default() });
    }
    drop(listener);
    let patience = async {
        in_flight.await;
        sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = connections.shutdown() => {}
        () = patience => {}
    }
}
