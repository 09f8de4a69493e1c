//! `ct serve`: the whole API on this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use ct::server;
use shared::account::{AccountId, Accounts, ApiKey, Mode};
use shared::clock::Clock;
use shared::money::MicroDollars;
use shared::pipeline::{App, DemoKeys};
use shared::provider::{ENTRIES, Key};
use strum::IntoEnumIterator;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix;
#[cfg(windows)]
use tokio::signal::windows;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::database;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
const DEMO_FUNDS: MicroDollars = MicroDollars(100_000_000);
/// A payment's id, so that the demo account is funded once. Operators' are trimmed: none is like it.
const DEMO_PAYMENT: &str = " demo";
/// Longer than any request takes.
const LONGEST_DRAIN: Duration = Duration::from_mins(1);
const DEMO_RATE_LIMIT: u64 = 60;
const EXAMPLE_POST: &str = "https://www.tiktok.com/@charlidamelio/video/7123456789";

/// Options of `ct serve`.
#[derive(Args)]
pub struct Options {
    /// The address to listen on.
    #[arg(long, default_value_t = LISTEN, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: LISTEN }
    }
}

/// Serves until Ctrl-C or SIGTERM.
pub async fn run(options: &database::Options, Options { listen }: Options) -> anyhow::Result<()> {
    let mut config = database::configuration()?;
    let database = options.open(&config).await?;
    if database.is_anothers {
        bail!("a server runs on {} already; stop it, or name another --data-dir", options.data_dir);
    }
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("can't listen on {listen}; name another address with --listen"))?;
    let address = listener.local_addr()?;
    config.tables = database.tables.clone();
    let demo_keys = demo_keys(database.engine.is_some(), address.ip());
    let app = Arc::new(App::new(config, database.client.clone(), Clock::system(), demo_keys));
    if demo_keys == DemoKeys::Accepted {
        make_demo_account(app.accounts()).await?;
    }
    if let Some(engine) = &database.engine {
        engine.publish(&database.data)?;
    }
    // From here on: who reads the greeting may stop it at once.
    let stopped = stop_signal()?;
    greet(address, &app, demo_keys);
    serve_until(stopped, listener, app).await?;
    database.close().await;
    Ok(())
}

/// The first signal lets the requests in flight finish; a second one, or too long a wait for a caller who sends no end of a request,
/// doesn't.
async fn serve_until(stopped: impl Future<Output = ()>, listener: TcpListener, app: Arc<App>) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let patience = async {
        stopped.await;
        stop.cancel();
        tokio::select! {
            () = stop_signal()? => {}
            () = sleep(LONGEST_DRAIN) => {}
        }
        bail!("stopped before all requests had ended; what they held is released at its deadline")
    };
    tokio::select! {
        served = server::serve(listener, app, stop.clone().cancelled_owned()) => Ok(served?),
        impatient = patience => impatient,
    }
}

/// They are public: good only for who sits at this machine and plays with its embedded data.
fn demo_keys(is_embedded: bool, listening_on: IpAddr) -> DemoKeys {
    if is_embedded && listening_on.is_loopback() { DemoKeys::Accepted } else { DemoKeys::Refused }
}

/// Made once; a second start finds everything there.
async fn make_demo_account(accounts: &Accounts) -> anyhow::Result<()> {
    let demo = AccountId::demo();
    accounts.create(&demo, "Demo").await?;
    for mode in [Mode::Live, Mode::Test] {
        accounts.add_key(&ApiKey::demo(mode), DEMO_RATE_LIMIT).await?;
    }
    accounts.fund(&demo, DEMO_FUNDS, DEMO_PAYMENT).await?;
    Ok(())
}

fn greet(address: SocketAddr, app: &App, demo_keys: DemoKeys) {
    println!("Creator Tracking API on http://{address}\n");
    let test_key = match demo_keys {
        DemoKeys::Accepted => {
            let (live, test) = (ApiKey::demo(Mode::Live), ApiKey::demo(Mode::Test));
            println!("live key  {}", live.reveal());
            println!("test key  {}\n", test.reveal());
            test.reveal().to_owned()
        }
        DemoKeys::Refused => {
            println!("no demo keys here: make one with `ct accounts create` and `ct keys create`\n");
            "YOUR_KEY".to_owned()
        }
    };
    let on: Vec<&str> = app.providers().names().collect();
    println!("providers on: {}", if on.is_empty() { "none".to_owned() } else { on.join(", ") });
    for key in Key::iter() {
        let of_key = ENTRIES.iter().filter(|entry| entry.key == Some(key) && !on.contains(&entry.name));
        let off: Vec<&str> = of_key.map(|entry| entry.name).collect();
        if !off.is_empty() {
            println!("set {} to turn on {}", key.variable(), off.join(", "));
        }
    }
    println!(
        "\ncurl -X POST http://{address}/v1/post/stats \\\n  -H \"Authorization: Bearer {test_key}\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  -d '{{\"url\": \"{EXAMPLE_POST}\"}}'"
    );
}

/// The next Ctrl-C, or what service managers send, from this call on.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let [mut interrupt, mut terminate] =
        [unix::signal(unix::SignalKind::interrupt())?, unix::signal(unix::SignalKind::terminate())?];
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The next Ctrl-C, from this call on.
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
    fn demo_keys_are_accepted_on_loopback_and_the_embedded_engine_alone() {
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
