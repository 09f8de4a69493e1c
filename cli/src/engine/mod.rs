//! The embedded DynamoDB: SQLite behind DynamoDB's own protocol, so that there is one storage path.
//!
//! No port leads to it. The server's own requests stay in the process; commands on the same folder
//! reach it through a Unix socket there. Two processes must not share a database, so its folder is
//! locked.

mod folder;
mod protocol;
#[cfg(unix)]
mod socket;

pub use folder::{Folder, IfMissing};
pub use protocol::{Protocol, TARGET};

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, bail};
use aws_sdk_dynamodb::config::SharedHttpClient;
use dynoxide::{Database, DynoxideError};
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a command waits for another command on the same folder to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// The engine deletes expired items only on demand.
const SWEEP: Duration = Duration::from_mins(1);

/// The place of the data.
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
    protocol: Protocol,
    database: Database,
    place: Option<Place>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// The place where its data stays.
struct Place {
    folder: Folder,
    is_new: bool,
    /// Locked as long as it is open.
    _lock: File,
}

/// The engine of a folder: ours now, or a server's.
pub enum Found {
    /// This process runs it.
    Ours(Engine),
    /// A server runs it, and takes requests sent with this.
    Running(SharedHttpClient),
}

impl Engine {
    /// The engine of `data`, started unless a server runs it already.
    ///
    /// # Errors
    /// When the folder can't be used or another process keeps it.
    pub async fn find(data: &Data, missing: IfMissing) -> anyhow::Result<Found> {
        match data {
            Data::Folder(path) => Self::find_in(path, missing).await,
            Data::Memory => Ok(Found::Ours(Self::start(Database::memory()?, None))),
        }
    }

    async fn find_in(path: &Path, missing: IfMissing) -> anyhow::Result<Found> {
        let folder = Folder::open(path, missing)?;
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = folder.try_lock()? {
                let is_new = !folder.has_data();
                let file = folder.database();
                let database = Database::new(&file.to_string_lossy()).map_err(|error| cannot_open(&file, &error))?;
                return Ok(Found::Ours(Self::start(database, Some(Place { folder, is_new, _lock: lock }))));
            }
            #[cfg(unix)]
            if let Some(client) = socket::find(&folder).await {
                return Ok(Found::Running(client));
            }
            if Instant::now() > patience {
                bail!("a server, or another command, uses {}; stop it, or name another --data-dir", path.display());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn start(database: Database, place: Option<Place>) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Self { protocol: Protocol::new(database.clone(), tasks.clone()), database, place, tasks, stop }
    }

    /// The part that takes requests in this process.
    #[must_use]
    pub const fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// Its folder, if it has one.
    #[must_use]
    pub fn folder(&self) -> Option<&Folder> {
        self.place.as_ref().map(|place| &place.folder)
    }

    /// Whether its folder had no data before.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.is_new)
    }

    /// Works for a server: expired items are deleted now and then, and operator commands on the
    /// same folder reach this engine. Where they can't, they say that the server must be stopped.
    pub fn serve(&self) {
        self.tasks.spawn(self.stop.clone().run_until_cancelled_owned(sweep(self.database.clone())));
        #[cfg(unix)]
        if let Some(folder) = self.folder() {
            match socket::listen(folder, self.protocol.clone(), self.stop.clone()) {
                Ok(listening) => {
                    self.tasks.spawn(listening);
                }
                Err(error) => {
                    let socket = folder.socket();
                    tracing::warn!(%error, socket = %socket.display(), "stop the server to use commands on its data");
                }
            }
        }
    }

    /// Ends it after what it does at this moment, and frees its folder.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn cannot_open(file: &Path, error: &DynoxideError) -> anyhow::Error {
    let (file, text) = (file.display(), error.to_string());
    // The engine's own sentence is for programmers who might have encrypted it.
    if text.contains("not a valid SQLite database") {
        anyhow!("{file} is damaged, or no database; put a backup in its place, or name another --data-dir")
    } else {
        anyhow!("can't open {file}: {}", text.trim_start_matches("Internal error: "))
    }
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
