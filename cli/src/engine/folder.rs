//! The folder of the embedded database: its owner's alone, and used by one process at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

const DATABASE: &str = "dynamodb.sqlite";
const LOCK: &str = "lock";
/// Where a server that runs on this folder takes requests.
const SOCKET: &str = "engine.socket";
/// The demo account's live key.
const DEMO_KEY: &str = "demo.key";

/// What to do about a folder without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Make the folder.
    Make,
    /// Refuse it: it is the wrong one.
    Refuse,
}

/// A folder with data, or one where data may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens the folder at `path`, and makes sure that nobody else can.
    ///
    /// # Errors
    /// When it has no data and `missing` refuses that, when there is something else in it, or when it isn't the user's own.
    pub fn open(path: &Path, missing: Missing) -> anyhow::Result<Self> {
        let folder = Self(path.to_owned());
        let shown = path.display();
        if !folder.has_data() {
            ensure!(missing == Missing::Make, "there is no data in {shown}; name the folder with --data-dir");
            // A mode of 0700 must not befall a folder that is for something else.
            ensure!(
                folder.is_free()?,
                "{shown} has other files in it; name an empty folder, or one that does not exist"
            );
            std::fs::create_dir_all(path).with_context(|| format!("can't make the folder {shown}"))?;
        }
        keep_private(path).with_context(|| format!("can't keep {shown} from others"))?;
        Ok(folder)
    }

    /// Whether there is a database in it.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.database().exists()
    }

    /// Where the database is.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.file(DATABASE)
    }

    /// Where a server listens for commands.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.file(SOCKET)
    }

    /// Where the demo account's live key is.
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
        let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("can't lock {}", path.display())),
        }
    }

    /// Whether nothing else is in it; another process may be making data at this moment.
    fn is_free(&self) -> anyhow::Result<bool> {
        let is_ours = |name: &str| [LOCK, SOCKET, DEMO_KEY].contains(&name) || name.starts_with(DATABASE);
        match std::fs::read_dir(&self.0) {
            Ok(mut entries) => {
                Ok(entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(is_ours))))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            Err(error) => bail!("{} can't be read: {error}", self.0.display()),
        }
    }
}

#[cfg(unix)]
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

/// Folders below a user's own are the user's own.
#[cfg(not(unix))]
fn keep_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}
