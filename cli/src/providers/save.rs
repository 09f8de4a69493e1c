//! Saves providers' responses in files, for reports about changed formats and for new fixtures.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::value::RawValue;
use shared::provider::{HttpClient, HttpReply};

use super::redact::Redactor;

/// The headers that describe the body, or explain why it is missing. Other headers aren't saved,
/// because they include cookies.
const KEPT_HEADERS: [&str; 3] = ["content-type", "retry-after", "x-ratelimit-requests-remaining"];

/// A folder of responses, which only its owner can open.
pub struct Folder(PathBuf);

/// The responses to one question, in the order of arrival.
#[derive(Clone, Default)]
pub struct Responses(Arc<Mutex<Vec<Response>>>);

struct Response {
    asked: String,
    reply: HttpReply,
}

/// A saved response; its fields have the names that fixtures use.
#[derive(Serialize)]
struct Saved<'a> {
    link: &'a str,
    asks: [String; 1],
    status: u16,
    headers: serde_json::Map<String, serde_json::Value>,
    body: Box<RawValue>,
}

impl Folder {
    /// Creates the folder at `path`, or uses an empty one.
    pub fn make(path: PathBuf) -> anyhow::Result<Self> {
        let shown = path.display();
        match fs::read_dir(&path) {
            Ok(mut names) => {
                ensure!(
                    names.next().is_none(),
                    "--save: {shown} contains files; choose an empty folder, or one that does not exist"
                );
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                private_folder().recursive(true).create(&path).with_context(|| format!("--save: {shown}"))?;
            }
            Err(error) => return Err(error).with_context(|| format!("--save: {shown}")),
        }
        Ok(Self(path))
    }

    /// Saves the responses to one question as `NAME.1.json`, `NAME.2.json` and so on.
    pub fn save(&self, name: &str, link: &str, responses: &Responses, redactor: &Redactor) -> anyhow::Result<()> {
        for (place, response) in responses.take().into_iter().enumerate() {
            let path = self.0.join(format!("{name}.{}.json", place + 1));
            let text = serde_json::to_string_pretty(&response.saved(link, redactor)?)?;
            write(&path, &text).with_context(|| format!("--save: {}", path.display()))?;
        }
        Ok(())
    }
}

impl Responses {
    /// An HTTP client that also stores its responses here.
    pub fn of(&self, http: &HttpClient) -> HttpClient {
        let responses = self.clone();
        http.observed_by(move |asked, reply| {
            let mut noted = responses.0.lock().unwrap_or_else(PoisonError::into_inner);
            noted.push(Response { asked: asked.to_owned(), reply: reply.clone() });
        })
    }

    fn take(&self) -> Vec<Response> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Response {
    fn saved<'a>(&self, link: &'a str, redactor: &Redactor) -> serde_json::Result<Saved<'a>> {
        let value = |name: &&str| Some(((*name).to_owned(), self.reply.headers.get(*name)?.to_str().ok()?));
        let headers = KEPT_HEADERS.iter().filter_map(value);
        Ok(Saved {
            link,
            asks: [redactor.text(&self.asked)],
            status: self.reply.status,
            headers: headers.map(|(name, value)| (name, redactor.text(value).into())).collect(),
            body: redactor.body(&self.reply.body)?,
        })
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = private_file().open(path)?;
    writeln!(file, "{text}")
}

fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_folder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "folders have a mode only on Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
