//! `ct link` shows how links are read, one JSON object per line.

use std::io::{BufRead, Write};

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use shared::platform::{Link, LinkError, Platform, parse};

/// Options of `ct link`.
#[derive(Args)]
#[command(after_help = "Examples:
  ct link https://youtu.be/dQw4w9WgXcQ
  ct link --strict https://youtu.be/dQw4w9WgXcQ https://www.tiktok.com/@a")]
pub struct Options {
    /// Texts with one link each; without TEXT, the lines of standard input.
    #[arg(value_name = "TEXT")]
    texts: Vec<String>,
    /// Exit with status 1 if any text was refused.
    #[arg(long)]
    strict: bool,
}

/// How one link is read.
#[derive(Serialize)]
struct Reading<'a> {
    input: &'a str,
    /// The link again, under the name that earlier versions used.
    url: &'a str,
    platform: Option<Platform>,
    kind: &'static str,
    id: Option<&'a str>,
    canonical_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Prints how each link is read.
pub fn run(Options { texts, strict }: Options, out: &mut impl Write) -> anyhow::Result<()> {
    let (mut refused, mut all) = (0_usize, 0_usize);
    let mut count = |is_read: bool| {
        all += 1;
        refused += usize::from(!is_read);
    };
    if texts.is_empty() {
        for line in std::io::stdin().lock().split(b'\n') {
            let line = line?;
            let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line));
            count(print(&text, out)?);
        }
    } else {
        for text in &texts {
            count(print(text, out)?);
        }
    }
    ensure!(refused == 0 || !strict, "{refused} of {all} were refused");
    Ok(())
}

/// Prints how one text is read. Returns whether it has a link.
fn print(text: &str, out: &mut impl Write) -> std::io::Result<bool> {
    let link = parse(text, None);
    let (kind, id) = match &link {
        Ok(Link::Post(post)) => ("post", Some(post.id.as_str())),
        Ok(Link::Creator(creator)) => ("creator", Some(creator.id.as_str())),
        Ok(Link::Short(short)) => ("short", Some(short.token.as_str())),
        Err(_) => ("other", None),
    };
    let platform = link.as_ref().map_or_else(LinkError::platform, |link| Some(link.platform()));
    let canonical_url = link.as_ref().ok().map(Link::url);
    let error = link.as_ref().err().map(ToString::to_string);
    let reading = Reading { input: text, url: text, platform, kind, id, canonical_url, error };
    writeln!(out, "{}", serde_json::to_string(&reading)?)?;
    Ok(link.is_ok())
}
