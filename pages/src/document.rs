//! The documentation: which pages there are, and each one as Markdown and as a page.

use askama::Template;
use http::StatusCode;
use strum::IntoEnumIterator;

use crate::expand::{Reference, expanded};
use crate::html::{self, Heading, Target};
use crate::layout::Layout;
use crate::reply::{self, Answer};
use crate::visitor::{PUBLISHED, Visitor};
use crate::{broken, curl};

/// A page of the documentation.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// Its name in its path; empty for the first one.
    pub slug: &'static str,
    /// Its name in lists.
    pub title: &'static str,
    /// Where it stands in lists.
    group: Group,
    /// Its file, from the root of the repository.
    file: &'static str,
    text: &'static str,
}

/// Pages that stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumIter)]
enum Group {
    #[strum(serialize = "Start")]
    Start,
    #[strum(serialize = "Endpoints")]
    Endpoints,
    #[strum(serialize = "Account")]
    Account,
    #[strum(serialize = "Run it yourself")]
    Operators,
}

/// How a document is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a page.
    Page,
    /// As Markdown.
    Markdown,
}

macro_rules! documents {
    ($($group:ident $slug:literal $title:literal $file:literal;)*) => {
        /// All pages, in their order.
        pub static DOCUMENTS: &[Document] = &[$(Document {
            slug: $slug,
            title: $title,
            group: Group::$group,
            file: $file,
            text: include_str!(concat!("../../", $file)),
        }),*];
    };
}

documents! {
    Start "" "Introduction" "docs/site/introduction.md";
    Start "authentication" "Authentication" "docs/site/authentication.md";
    Start "limits" "Limits" "docs/site/limits.md";
    Start "caching" "Caching and freshness" "docs/site/caching.md";
    Start "errors" "Errors" "docs/site/errors.md";
    Start "numbers" "Numbers" "docs/numbers.md";
    Start "status-words" "Status explained" "docs/status.md";
    Start "sandbox" "Sandbox" "docs/site/sandbox.md";
    Start "assistants" "Assistants" "docs/assistants.md";
    Endpoints "post-stats" "Post statistics" "docs/site/post-stats.md";
    Endpoints "batch" "Batches" "docs/site/batch.md";
    Endpoints "profile" "Profile" "docs/site/profile.md";
    Endpoints "channel-videos" "Channel videos" "docs/site/channel-videos.md";
    Endpoints "median-views" "Median views" "docs/site/median-views.md";
    Endpoints "email" "E-mail" "docs/site/email.md";
    Endpoints "platforms" "Platforms" "docs/site/platforms.md";
    Endpoints "ping" "Ping" "docs/site/ping.md";
    Endpoints "status" "Status" "docs/site/status.md";
    Account "usage" "Usage and balance" "docs/site/usage.md";
    Account "requests" "Past requests" "docs/site/requests.md";
    Account "keys" "Keys" "docs/site/keys.md";
    Operators "self-hosting" "Self-hosting" "docs/operating.md";
    Operators "configuration" "Configuration" "docs/configuration.md";
    Operators "ct" "The command ct" "docs/ct.md";
    Operators "providers" "Providers" "docs/providers.md";
    Operators "architecture" "Architecture" "docs/architecture.md";
    Operators "security" "Security" "docs/security.md";
    Operators "performance" "Performance" "docs/performance.md";
    Operators "deprecation" "Changes of the API" "docs/deprecation.md";
    Operators "changelog" "Changelog" "CHANGELOG.md";
}

/// The first page.
pub fn first() -> &'static Document {
    &DOCUMENTS[0]
}

/// The document of a path's last segment, and the form that it asks for.
pub fn at(segment: &str) -> Option<(&'static Document, Form)> {
    let (slug, form) = match segment.strip_suffix(".md") {
        Some("index") => ("", Form::Markdown),
        Some(slug) => (slug, Form::Markdown),
        None => (segment, Form::Page),
    };
    let is_named = |document: &&Document| document.slug == slug && !segment.is_empty() && segment != ".md";
    DOCUMENTS.iter().find(is_named).map(|document| (document, form))
}

impl Document {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> String {
        if self.slug.is_empty() { "/docs".to_owned() } else { format!("/docs/{}", self.slug) }
    }

    /// Where its Markdown is.
    #[must_use]
    pub fn markdown_path(&self) -> String {
        format!("/docs/{}.md", if self.slug.is_empty() { "index" } else { self.slug })
    }

    /// Its text, with links and addresses that work where it is read.
    #[must_use]
    pub fn markdown(&self, origin: &str) -> String {
        let text = html::with_links(&expanded(self.text), &|link| self.resolved(link));
        // The examples for a machine of one's own hold here, at this address.
        text.replace("http://127.0.0.1:3000/", &format!("{PUBLISHED}/"))
            .replace("Bearer KEY\"", &format!("Bearer {}\"", curl::KEY))
            .replace(PUBLISHED, origin)
    }

    /// The first paragraph: what can be done after reading it.
    pub fn lead(&self) -> String {
        let paragraphs = self.text.split("\n\n").map(str::trim);
        let lead = paragraphs.skip_while(|text| text.starts_with('#')).find(|text| !text.is_empty());
        html::plain(lead.unwrap_or_default())
    }

    /// The site's address of what a link in its file leads to; None where that isn't on the site.
    fn resolved(&self, link: &str) -> Option<Target> {
        if link.starts_with("http") || link.starts_with('/') {
            return Some(Target { address: link.to_owned(), title: None });
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let folder = self.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let file = if file.is_empty() { self.file.to_owned() } else { joined(folder, file) };
        let page = |document: &Document, anchor: &str| Target {
            address: document.path() + if anchor.is_empty() { "" } else { "#" } + anchor,
            title: Some(document.title),
        };
        if let Some(document) = DOCUMENTS.iter().find(|document| document.file == file) {
            return Some(page(document, anchor));
        }
        if file != "docs/api.md" {
            return None;
        }
        let shows =
            |document: &&Document| {
                document.text.lines().filter_map(Reference::of).any(
                    |reference| matches!(reference, Reference::Section(heading) if html::anchor(heading) == anchor),
                )
            };
        Some(page(DOCUMENTS.iter().find(shows).unwrap_or(first()), ""))
    }
}

/// A path from a folder.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<_> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[derive(Template)]
#[template(path = "document.html")]
struct Page<'a> {
    title: &'a str,
    group: Group,
    markdown: &'a str,
    groups: Vec<(Group, Vec<&'static Document>)>,
    current: &'static str,
    body: &'a str,
    headings: Vec<&'a Heading>,
    before: Option<&'static Document>,
    after: Option<&'static Document>,
}

/// A document as a page.
pub fn page(document: &'static Document, visitor: &Visitor) -> Answer {
    let html = html::of(&document.markdown(&visitor.origin));
    let place = DOCUMENTS.iter().position(|other| other.slug == document.slug).unwrap_or_default();
    let of_group = |group| DOCUMENTS.iter().filter(move |other| other.group == group).collect();
    let markdown = document.markdown_path();
    let page = Page {
        title: document.title,
        group: document.group,
        markdown: &markdown,
        groups: Group::iter().map(|group| (group, of_group(group))).collect(),
        current: document.slug,
        body: &html.body,
        // Beside an operation are its examples.
        headings: html.headings.iter().filter(|heading| heading.level == 2 && !html.has_operations).collect(),
        before: place.checked_sub(1).and_then(|place| DOCUMENTS.get(place)),
        after: DOCUMENTS.get(place + 1),
    };
    match page.render() {
        Ok(body) => reply::page(
            StatusCode::OK,
            Layout {
                title: document.title,
                description: &document.lead(),
                part: "/docs",
                markdown: &markdown,
                style: None,
                body: &body,
            },
        ),
        Err(error) => broken(error),
    }
}
