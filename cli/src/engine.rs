//! The embedded DynamoDB: SQLite behind DynamoDB's own protocol on a loopback port, so that there is one storage path.
//!
//! Two processes must not share a file, so its folder is locked. `ct serve` publishes its engine's address there, and operator
//! commands on the same folder go through it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use dynoxide::Database;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;

const DATABASE: &str = "dynamodb.sqlite";
const LOCK: &str = "lock";
/// Holds the address of the engine that a server runs on this folder.
const ADDRESS: &str = "engine.address";
/// How long a command waits for another command on the same folder to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// The engine deletes what has expired only when told to.
const SWEEP: Duration = Duration::from_mins(1);

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In this folder, between runs.
    Folder(PathBuf),
    /// Nowhere: it goes with the process.
    Memory,
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        if text == ":memory:" { Self::Memory } else { Self::Folder(text.into()) }
    }
}

/// A running engine. [Stop](Self::stop) it to end it in order.
pub struct Engine {
    endpoint: String,
    stop: CancellationToken,
    running: JoinHandle<Result<(), String>>,
    /// Locked as long as it is open.
    lock: Option<File>,
}

/// The engine of a folder: ours now, or a server's.
pub enum Found {
    /// This process runs it.
    Ours(Engine),
    /// A server runs it, at this address.
    Running(String),
}

impl Engine {
    /// The engine of `data`, started unless a server runs it already.
    ///
    /// # Errors
    /// When the folder can't be used or another command keeps it.
    pub async fn find(data: &Data) -> anyhow::Result<Found> {
        let folder = match data {
            Data::Folder(folder) => folder,
            Data::Memory => return Ok(Found::Ours(Self::start(Database::memory()?, None).await?)),
        };
        std::fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = try_lock(folder)? {
                // Left behind by a server that was killed.
                let _ = std::fs::remove_file(folder.join(ADDRESS));
                let file = folder.join(DATABASE);
                let database =
                    Database::new(&file.to_string_lossy()).with_context(|| format!("can't open {}", file.display()))?;
                return Ok(Found::Ours(Self::start(database, Some(lock)).await?));
            }
            if let Some(address) = published(folder).await {
                return Ok(Found::Running(address));
            }
            if Instant::now() > patience {
                bail!("another process uses {}; wait for it to end, or name another --data-dir", folder.display());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn start(database: Database, lock: Option<File>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("can't listen on loopback")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(sweep(database.clone())));
        let stopped = stop.clone().cancelled_owned();
        let running = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, stopped));
        Ok(Self { endpoint, stop, running, lock })
    }

    /// The address for the AWS SDK.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Lets operator commands on the same folder find this engine.
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub fn publish(&self, data: &Data) -> anyhow::Result<()> {
        let Data::Folder(folder) = data else { return Ok(()) };
        // Written whole or not at all: a command may be looking for it.
        let unfinished = folder.join(format!("{ADDRESS}.new"));
        std::fs::write(&unfinished, &self.endpoint)?;
        Ok(std::fs::rename(unfinished, folder.join(ADDRESS))?)
    }

    /// Ends it after the requests in flight, and frees its folder.
    pub async fn stop(self, data: &Data) {
        if let Data::Folder(folder) = data {
            let _ = std::fs::remove_file(folder.join(ADDRESS));
        }
        self.stop.cancel();
        if let Ok(Err(error)) = self.running.await {
            tracing::warn!(%error, "the embedded DynamoDB did not end in order");
        }
        drop(self.lock);
    }
}

fn try_lock(folder: &Path) -> anyhow::Result<Option<File>> {
    let path = folder.join(LOCK);
    let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("can't lock {}", path.display())),
    }
}

/// The address of a server's engine that answers; one that was killed leaves its address behind.
async fn published(folder: &Path) -> Option<String> {
    let address = std::fs::read_to_string(folder.join(ADDRESS)).ok()?;
    TcpStream::connect(address.strip_prefix("http://")?).await.ok()?;
    Some(address)
}

async fn sweep(database: Database) {
    let mut rounds = interval(SWEEP);
    loop {
        rounds.tick().await;
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(%error, "expired cache entries were not deleted");
        }
    }
}
