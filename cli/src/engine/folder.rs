//! The folder of the embedded database: its owner's alone, and used by one process at a time.

use std::ffi::OsString;
#[cfg(unix)]
use std::fs::Permissions;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

const DATABASE: &str = "dynamodb.sqlite";
const LOCK: &str = "lock";
/// The socket on which a running server takes commands.
const SOCKET: &str = "engine.socket";
/// The demo account's live key.
const DEMO_KEY: &str = "demo.key";
/// The file with the address on which a running server takes the API's requests.
const ADDRESS: &str = "server.address";
/// Files in a folder without data: another process is just making the data, or somebody removed the
/// database.
const OWN: [&str; 4] = [LOCK, SOCKET, DEMO_KEY, ADDRESS];

/// The reaction to a folder without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Make the folder.
    Make,
    /// Refuse it: it is the wrong one.
    Refuse,
}

/// A folder with data, or one where data may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens the folder at `path`, and makes sure that only its owner can.
    ///
    /// # Errors
    /// When it has no data and `missing` refuses that, when it contains other files, when it
    /// belongs to another user, or when another user could have put its content there.
    pub fn open(path: &Path, missing: IfMissing) -> anyhow::Result<Self> {
        let folder = Self(path.to_owned());
        let shown = path.display();
        let names = folder.names().with_context(|| format!("{shown} can't be read"))?;
        let is_ours =
            |name: &OsString| name.to_str().is_some_and(|name| OWN.contains(&name) || name.starts_with(DATABASE));
        if !folder.has_data() {
            ensure!(missing == IfMissing::Make, "there is no data in {shown}; name the folder with --data-dir");
            // A mode of 0700 must not befall a folder that is for something else.
            ensure!(
                names.iter().all(is_ours),
                "{shown} has other files in it; name an empty folder, or one that does not exist"
            );
            make(path).with_context(|| format!("can't make the folder {shown}"))?;
        }
        keep_private(path).with_context(|| format!("{shown} can't be used"))?;
        Ok(folder)
    }

    /// The names of what is in it; none where it doesn't exist.
    fn names(&self) -> std::io::Result<Vec<OsString>> {
        match std::fs::read_dir(&self.0) {
            Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a database in it.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.database().metadata().is_ok_and(|file| file.len() > 0)
    }

    /// The file of the database.
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

    /// Locks it for as long as the file is open; None while another process has it.
    ///
    /// # Errors
    /// When it can't be written to.
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

/// Removes the rights of all other users. A folder that others can write to is refused, even an
/// empty one: a file put there before it is private would be trusted.
#[cfg(unix)]
fn keep_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = path.metadata()?;
    ensure!(found.uid() == rustix::process::geteuid().as_raw(), "it belongs to another user");
    ensure!(
        found.mode() & 0o022 == 0,
        "others can write to it; if what is in it is yours, take that right away with `chmod go-w` and run this again"
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

/// Folders below a user's own are the user's own.
#[cfg(not(unix))]
fn keep_private(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
