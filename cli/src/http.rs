//! HTTP connections. Time and memory for headers and answers are bounded. The server stops at once
//! when nothing is in flight.

use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::pin;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The time for a request's header, and for the next request on an open connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The time in which the caller must read more of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// In bytes; a larger header gets status 431.
const MAX_HEADER: usize = 64 * 1024;
/// The time for finished answers to reach their callers when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Serves until `stop`, then until all `work` is done. Idle connections are closed at once; a
/// caller who has sent half a request doesn't delay the stop.
pub async fn serve(mut listener: impl Listener, router: Router, stop: CancellationToken, work: TaskTracker) {
    let connections = GracefulShutdown::new();
    while let Some((stream, _)) = stop.run_until_cancelled(listener.accept()).await {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let mut connection = http1::Builder::new();
        connection.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_HEADER);
        // A caller may close its sending side after the request and still read the answer.
        connection.half_close(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.watch(connection.serve_connection(TokioIo::new(Box::pin(stream)), service));
        // A broken connection is the caller's problem, so it isn't logged.
        tokio::spawn(async { connection.await.unwrap_or_default() });
    }
    drop(listener);
    work.close();
    let closed = connections.shutdown();
    pin!(closed);
    // Work may continue after its connection has closed, and the last requests may have started
    // more.
    while timeout(LAST_WORDS, &mut closed).await.is_err() && !work.is_empty() {
        work.wait().await;
    }
    work.wait().await;
}
