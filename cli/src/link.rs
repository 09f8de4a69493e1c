//! `ct link`: how links are read, one JSON object per line.

use std::io::BufRead;

use clap::Args;
use serde_json::{Value, json};
use shared::platform::{Link, LinkError, parse};

/// Options of `ct link`.
#[derive(Args)]
pub struct Options {
    /// The links; without any, the lines on standard input.
    #[arg(value_name = "URL")]
    links: Vec<String>,
}

/// Prints how each link is read.
pub fn run(Options { links }: Options) -> anyhow::Result<()> {
    if !links.is_empty() {
        for link in links {
            println!("{}", read(&link));
        }
        return Ok(());
    }
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        println!("{}", read(&String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line))));
    }
    Ok(())
}

fn read(text: &str) -> Value {
    let read = parse(text, None);
    let (kind, id) = match &read {
        Ok(Link::Post(post)) => ("post", Some(&post.id)),
        Ok(Link::Creator(creator)) => ("creator", Some(&creator.id)),
        Ok(Link::Short(short)) => ("short", Some(&short.token)),
        Err(_) => ("other", None),
    };
    let platform = match &read {
        Ok(link) => Some(link.platform()),
        Err(LinkError::OtherPage { platform, .. }) => Some(*platform),
        Err(_) => None,
    };
    let mut shown = json!({
        "url": text,
        "platform": platform,
        "kind": kind,
        "id": id,
        "canonical_url": read.as_ref().ok().map(Link::url),
    });
    if let Err(error) = &read {
        shown["error"] = error.to_string().into();
    }
    shown
}
