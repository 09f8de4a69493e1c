//! The embedded DynamoDB: SQLite behind DynamoDB's protocol, so that the code has one storage path.
//! The engine listens on no port. The server's requests stay in the process. Other commands on the
//! same folder use a Unix socket in the folder. Two processes must not share a database, so its
//! folder is locked.

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

/// How long a command waits until another command on the same folder ends.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the server deletes expired items: the engine deletes them only on demand.
const SWEEP: Duration = Duration::from_mins(1);

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In this folder, which keeps the data after the process ends.
    Folder(PathBuf),
    /// In memory: the data is lost when the process ends.
    Memory,
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        if text == ":memory:" { Self::Memory } else { Self::Folder(text.into()) }
    }
}

/// A running engine. Call [`stop`](Self::stop) to finish its work and unlock its folder.
pub struct Engine {
    protocol: Protocol,
    database: Database,
    place: Option<Place>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

struct Place {
    folder: Folder,
    is_new: bool,
    /// The folder is locked while this file is open.
    _lock: File,
}

/// The engine of a folder: in this process, or in a server.
pub enum Found {
    /// This process runs the engine.
    Ours(Engine),
    /// A server runs the engine, and accepts requests from this client.
    Running(SharedHttpClient),
}

impl Engine {
    /// Finds the engine of `data` in a running server, or starts one.
    ///
    /// # Errors
    /// If the folder can't be used, or another process keeps it locked.
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
                bail!("a server or another command uses {}; stop it, or choose another --data-dir", path.display());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn start(database: Database, place: Option<Place>) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Self { protocol: Protocol::new(database.clone(), tasks.clone()), database, place, tasks, stop }
    }

    /// The part that accepts requests in this process.
    #[must_use]
    pub const fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// The folder of the data; None in memory.
    #[must_use]
    pub fn folder(&self) -> Option<&Folder> {
        self.place.as_ref().map(|place| &place.folder)
    }

    /// Whether the folder had no data before.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.is_new)
    }

    /// Deletes expired items once a minute, and accepts requests of operators' commands on the same
    /// folder. If the socket can't be created, those commands ask to stop the server.
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

    /// Finishes the engine's present work, and unlocks its folder.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn cannot_open(file: &Path, error: &DynoxideError) -> anyhow::Error {
    let (file, text) = (file.display(), error.to_string());
    // The engine's message suggests a wrong encryption key, which ct doesn't use.
    if text.contains("not a valid SQLite database") {
        anyhow!("{file} is damaged or isn't a database; replace it with a backup, or choose another --data-dir")
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
