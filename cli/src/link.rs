//! `ct link`: how links are read, one JSON object per line.

use std::io::{BufRead, Write};

use clap::Args;
use serde::Serialize;
use shared::platform::{Link, LinkError, Platform, parse};

/// Options of `ct link`.
#[derive(Args)]
pub struct Options {
    /// The links; without any, the lines on standard input.
    #[arg(value_name = "URL")]
    links: Vec<String>,
}

/// How one link is read.
#[derive(Serialize)]
struct Reading<'a> {
    url: &'a str,
    platform: Option<Platform>,
    kind: &'static str,
    id: Option<&'a str>,
    canonical_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Prints how each link is read.
pub fn run(Options { links }: Options, out: &mut impl Write) -> anyhow::Result<()> {
    if links.is_empty() {
        std::io::stdin().lock().split(b'\n').try_for_each(|line| {
            let line = line?;
            print(&String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line)), out)
        })?;
    } else {
        links.iter().try_for_each(|link| print(link, out))?;
    }
    Ok(())
}

fn print(text: &str, out: &mut impl Write) -> std::io::Result<()> {
    let link = parse(text, None);
    let (kind, id) = match &link {
        Ok(Link::Post(post)) => ("post", Some(post.id.as_str())),
        Ok(Link::Creator(creator)) => ("creator", Some(creator.id.as_str())),
        Ok(Link::Short(short)) => ("short", Some(short.token.as_str())),
        Err(_) => ("other", None),
    };
    let platform = match &link {
        Ok(link) => Some(link.platform()),
        Err(LinkError::OtherPage { platform, .. }) => Some(*platform),
        Err(_) => None,
    };
    let canonical_url = link.as_ref().ok().map(Link::url);
    let error = link.as_ref().err().map(ToString::to_string);
    let reading = Reading { url: text, platform, kind, id, canonical_url, error };
    writeln!(out, "{}", serde_json::to_string(&reading)?)
}
