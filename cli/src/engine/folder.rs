//! The folder of the embedded database. Only its owner can open it, and one process uses it at a
//! time.

use std::ffi::OsString;
#[cfg(unix)]
use std::fs::Permissions;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

const DATABASE: &str = "dynamodb.sqlite";
const LOCK: &str = "lock";
/// The socket on which a running server accepts requests of other commands.
const SOCKET: &str = "engine.socket";
/// The file with the demo account's live key.
const DEMO_KEY: &str = "demo.key";
/// The file with the address of a running server's API.
const ADDRESS: &str = "server.address";
/// A folder without a database may contain these files: another process is creating the data, or
/// somebody has deleted the database.
const OWN: [&str; 4] = [LOCK, SOCKET, DEMO_KEY, ADDRESS];

/// The reaction to a folder without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Create the data, and the folder if it doesn't exist.
    Make,
    /// Refuse the folder: its path is probably wrong.
    Refuse,
}

/// A folder that has data, or may have data later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens the folder at `path`, and makes sure that no other user can open it.
    ///
    /// # Errors
    /// If the folder has no data and `missing` refuses that, contains other files, belongs to
    /// another user, or if another user could have written its content.
    pub fn open(path: &Path, missing: IfMissing) -> anyhow::Result<Self> {
        let folder = Self(path.to_owned());
        let shown = path.display();
        let names = folder.names().with_context(|| format!("can't read {shown}"))?;
        let is_ours =
            |name: &OsString| name.to_str().is_some_and(|name| OWN.contains(&name) || name.starts_with(DATABASE));
        if !folder.has_data() {
            ensure!(missing == IfMissing::Make, "{shown} has no data; choose the folder with --data-dir");
            // A folder with another purpose must not get the mode 0700.
            ensure!(
                names.iter().all(is_ours),
                "{shown} contains other files; choose an empty folder, or one that does not exist"
            );
            make(path).with_context(|| format!("can't create the folder {shown}"))?;
        }
        keep_private(path).with_context(|| format!("can't use {shown}"))?;
        Ok(folder)
    }

    /// The names of the files in the folder; none if the folder doesn't exist.
    fn names(&self) -> std::io::Result<Vec<OsString>> {
        match std::fs::read_dir(&self.0) {
            Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Whether the folder contains a database.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.database().metadata().is_ok_and(|file| file.len() > 0)
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.file(DATABASE)
    }

    /// The socket on which a server listens for commands.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.file(SOCKET)
    }

    /// The file with a running server's address.
    #[must_use]
    pub fn address(&self) -> PathBuf {
        self.file(ADDRESS)
    }

    /// The file with the demo account's live key.
    #[must_use]
    pub fn demo_key(&self) -> PathBuf {
        self.file(DEMO_KEY)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Locks the folder while the returned file is open. Returns None if another process has the
    /// lock.
    ///
    /// # Errors
    /// If the lock's file can't be written.
    pub fn try_lock(&self) -> anyhow::Result<Option<File>> {
        let path = self.file(LOCK);
        let file = File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("can't write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("can't lock {}", path.display())),
        }
    }
}

#[cfg(unix)]
fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes the rights of all other users. Refuses a folder that others can write to, even an empty
/// one: others could write a file before the folder is private, and ct would trust it.
#[cfg(unix)]
fn keep_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = path.metadata()?;
    ensure!(found.uid() == rustix::process::geteuid().as_raw(), "it belongs to another user");
    ensure!(
        found.mode() & 0o022 == 0,
        "others can write to it; if its files are yours, remove that right with `chmod go-w` and run this again"
    );
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(found.mode() & 0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn make(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Elsewhere, a folder below the user's own folder is private already.
#[cfg(not(unix))]
fn keep_private(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
