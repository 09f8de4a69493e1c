//! `ct serve` runs the whole API on this machine.

use std::io::{Write, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use ct::engine::IfMissing;
use ct::server;
use http::HeaderValue;
use serde_json::json;
use shared::account::ApiKey;
use shared::clock::Clock;
use shared::metrics::Metrics;
use shared::pipeline::{App, DemoKeys};
use shared::provider::{ENTRIES, HttpClient, Key};
use shared::provider_keys::KeySource;
use strum::IntoEnumIterator;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix;
#[cfg(windows)]
use tokio::signal::windows;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{database, demo};

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
/// Longer than any request takes: DynamoDB's and providers' timeouts end requests earlier.
const LONGEST_DRAIN: Duration = Duration::from_mins(1);
const EXAMPLE_POST: &str = "https://www.tiktok.com/@charlidamelio/video/7123456789";

/// Options of `ct serve`.
#[derive(Args)]
#[command(after_help = "Examples:
  ct serve
  ct serve --listen 3001 --settings settings.json
  ct serve --cors https://example.com --no-demo")]
pub struct Options {
    /// The address to listen on; a port alone listens on 127.0.0.1.
    #[arg(long, default_value_t = LISTEN, value_name = "ADDRESS:PORT", value_parser = listen_address)]
    listen: SocketAddr,
    #[arg(
        long,
        value_name = "FILE",
        help = "A file with the providers' keys, a JSON object like {\"RAPIDAPI_KEY\": \"…\"}; keys in the \
                environment take precedence; the server reads the file again after a provider refuses its key, or \
                its quota is used up"
    )]
    settings: Option<PathBuf>,
    #[arg(long, value_name = "ORIGIN", value_parser = origin,
          help = "The website whose pages may call this API, like https://example.com, or * for all websites")]
    cors: Option<HeaderValue>,
    /// Don't create or use the demo account.
    #[arg(long)]
    no_demo: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: LISTEN, settings: None, cors: None, no_demo: false }
    }
}

/// Serves until Ctrl-C or SIGTERM.
pub async fn run(options: &database::Options, serving: Options, is_json: bool) -> anyhow::Result<()> {
    let Options { listen, settings, cors, no_demo } = serving;
    let mut config = database::configuration()?;
    let has_public_key = config.public_sandbox;
    let keys = settings.map(KeySource::File);
    if let Some(keys) = &keys {
        // A wrong settings file is reported before any data is created.
        keys.read().await.context("--settings")?;
    }
    let database = options.open(&config, IfMissing::Make).await?;
    if database.is_anothers {
        bail!("a server already uses {}; stop it, or choose another --data-dir", options.folder());
    }
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("can't listen on {listen}; choose another address with --listen"))?;
    let address = listener.local_addr()?;
    config.cors_origins.extend(cors.as_ref().and_then(|origin| origin.to_str().ok()).map(str::to_owned));
    config.tables = database.tables.clone();
    let demo_keys = demo_keys(database.engine.is_some() && !no_demo, address.ip());
    let http = HttpClient::new(config.https_only());
    let app = App::new(config, database.client.clone(), Clock::system(), demo_keys, keys, http, Metrics::off());
    app.ready().await.context("--settings")?;
    let live_key = match &database.engine {
        Some(engine) if demo_keys == DemoKeys::Accepted => Some(demo::account(app.accounts(), engine.folder()).await?),
        _ => None,
    };
    if let Some(engine) = &database.engine {
        // The file must exist before other commands find the engine.
        if let Some(folder) = engine.folder() {
            let file = folder.address();
            let written = std::fs::write(&file, format!("http://{}\n", called(address)));
            written.with_context(|| format!("can't write {}", file.display()))?;
        }
        engine.serve();
    }
    // Before the greeting, because its reader may stop the server at once.
    let stopped = stop_signal()?;
    let test_key = has_public_key.then(|| ApiKey::public(shared::account::Mode::Test));
    // If the greeting can't be printed, the server still runs.
    let hint = if options.keeps_nothing()? { None } else { Some(options.repeated()) };
    let keys = [live_key.as_ref(), test_key.as_ref()];
    let _ = if is_json {
        let [live_key, test_key] = keys.map(|key| key.map(ApiKey::reveal));
        let address = format!("http://{address}");
        let providers: Vec<&str> = app.providers().names().collect();
        let row = json!({ "address": address, "live_key": live_key, "test_key": test_key, "providers": providers });
        writeln!(stdout(), "{row}")
    } else {
        greet(&mut stdout(), address, &app, keys, hint)
    };
    serve_until(stopped, listener, Arc::new(app), cors).await?;
    database.close().await;
    Ok(())
}

/// After the first signal, requests in flight can finish. A second signal stops the server at once,
/// and so does a wait longer than [`LONGEST_DRAIN`].
async fn serve_until(
    stopped: impl Future<Output = ()>,
    listener: TcpListener,
    app: Arc<App>,
    cors: Option<HeaderValue>,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let patience = async {
        stopped.await;
        tracing::info!("stopping when all requests have ended; a second signal stops at once");
        stop.cancel();
        tokio::select! {
            () = stop_signal()? => {}
            () = sleep(LONGEST_DRAIN) => {}
        }
        bail!("stopped before all requests had ended; their holds are released at their deadlines")
    };
    tokio::select! {
        () = server::serve(listener, app, cors, stop.clone()) => Ok(()),
        impatient = patience => impatient,
    }
}

/// The demo keys are only for the person at this machine, on embedded data.
fn demo_keys(is_wanted: bool, listening_on: IpAddr) -> DemoKeys {
    if is_wanted && listening_on.is_loopback() { DemoKeys::Accepted } else { DemoKeys::Refused }
}

fn greet(
    out: &mut impl Write,
    address: SocketAddr,
    app: &App,
    [live_key, test_key]: [Option<&ApiKey>; 2],
    options: Option<String>,
) -> std::io::Result<()> {
    writeln!(out, "Creator Tracking API on http://{address}\n")?;
    if let Some(key) = live_key {
        writeln!(out, "live key  {}", key.reveal())?;
    }
    if let Some(key) = test_key {
        writeln!(out, "test key  {}", key.reveal())?;
    }
    match options {
        Some(options) if live_key.is_none() => {
            let program = std::env::args_os().next().unwrap_or_else(|| "ct".into());
            let ct = database::for_a_shell(&program.to_string_lossy()) + &options;
            writeln!(out, "this data has no demo account; create an account:")?;
            writeln!(out, "  {ct} accounts create NAME")?;
            writeln!(out, "  {ct} funds add ACCOUNT 25 --payment-id 1")?;
            writeln!(out, "  {ct} keys create ACCOUNT")?;
        }
        None if live_key.is_none() => writeln!(out, "no account exists, and none can be created in :memory:")?,
        _ => {}
    }
    let on: Vec<&str> = app.providers().names().collect();
    writeln!(out, "\nproviders on: {}", if on.is_empty() { "none".to_owned() } else { on.join(", ") })?;
    for key in Key::iter() {
        let of_key = ENTRIES.iter().filter(|entry| entry.key == Some(key) && !on.contains(&entry.name));
        let off: Vec<&str> = of_key.map(|entry| entry.name).collect();
        if !off.is_empty() {
            writeln!(out, "set {} to turn on {}", key.variable(), off.join(", "))?;
        }
    }
    let called = called(address);
    writeln!(
        out,
        "\ncurl -X POST http://{called}/v1/post/stats \\\n  -H \"Authorization: Bearer {}\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  -d '{{\"url\": \"{EXAMPLE_POST}\"}}'",
        test_key.map_or("YOUR_KEY", ApiKey::reveal)
    )
}

/// The address for requests from this machine to a server that listens on all addresses.
fn called(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::new(LISTEN.ip(), address.port()) } else { address }
}

/// Reads an address or a name with a port, or a port alone.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(LISTEN.ip(), port));
    }
    let resolved: Vec<SocketAddr> = match text.parse() {
        Ok(address) => vec![address],
        Err(_) => text.to_socket_addrs().map(Iterator::collect).unwrap_or_default(),
    };
    let address = resolved.iter().find(|address| address.is_ipv4()).or(resolved.first()).copied();
    address.ok_or_else(|| "write it like 3000, 127.0.0.1:3000 or localhost:3000".to_owned())
}

/// Reads an origin as browsers send it: a scheme, a host and perhaps a port.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let is_origin = Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme()) && url.origin().ascii_serialization() == text && !text.contains('*')
    });
    match HeaderValue::try_from(text) {
        Ok(origin) if is_origin || text == "*" => Ok(origin),
        _ => Err("write it like https://example.com, without a path, or * for all".to_owned()),
    }
}

/// Waits for Ctrl-C, SIGTERM (from service managers) or SIGHUP (from closed terminals). A signal
/// counts from this call on.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut hang_up = unix::signal(unix::SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// Waits for Ctrl-C, which counts from this call on.
#[cfg(windows)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_keys_are_accepted_only_on_loopback_with_the_embedded_engine() {
        let loopback = ["127.0.0.1", "::1"];
        let elsewhere = ["0.0.0.0", "::", "192.168.0.1"];
        for address in loopback {
            assert_eq!(demo_keys(true, address.parse().unwrap()), DemoKeys::Accepted);
        }
        for address in loopback.into_iter().chain(elsewhere) {
            assert_eq!(demo_keys(false, address.parse().unwrap()), DemoKeys::Refused);
        }
        for address in elsewhere {
            assert_eq!(demo_keys(true, address.parse().unwrap()), DemoKeys::Refused);
        }
    }
}
