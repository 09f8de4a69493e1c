//! The pages of the documentation, each as Markdown and as HTML.

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
    /// The last part of its path; empty for the first page.
    pub slug: &'static str,
    /// The title, also in lists of pages.
    pub title: &'static str,
    /// Its group in lists of pages.
    group: Group,
    /// Its file, relative to the root of the repository.
    file: &'static str,
    text: &'static str,
}

/// A group of pages in lists.
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

/// The requested form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// HTML.
    Page,
    /// The expanded Markdown.
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

/// The document of a path's last segment, and the requested form.
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
    /// The path of its HTML.
    #[must_use]
    pub fn path(&self) -> String {
        if self.slug.is_empty() { "/docs".to_owned() } else { format!("/docs/{}", self.slug) }
    }

    /// The path of its Markdown.
    #[must_use]
    pub fn markdown_path(&self) -> String {
        format!("/docs/{}.md", if self.slug.is_empty() { "index" } else { self.slug })
    }

    /// Its Markdown, with links and addresses that work for the visitor.
    #[must_use]
    pub fn markdown(&self, origin: &str) -> String {
        let text = html::with_links(&expanded(self.text), &|link| self.resolved(link));
        // The examples for a local server work on this server too, with its address.
        text.replace("http://127.0.0.1:3000/", &format!("{PUBLISHED}/"))
            .replace("Bearer KEY\"", &format!("Bearer {}\"", curl::KEY))
            .replace(PUBLISHED, origin)
    }

    /// The first paragraph, which says what readers can do after the page.
    pub fn lead(&self) -> String {
        let paragraphs = self.text.split("\n\n").map(str::trim);
        let lead = paragraphs.skip_while(|text| text.starts_with('#')).find(|text| !text.is_empty());
        html::plain(lead.unwrap_or_default())
    }

    /// The site's address for the target of a link in its file. `None` if the site doesn't have it.
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

/// Resolves a path relative to a folder.
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

/// The HTML page of a document.
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
        // The examples are beside the operation.
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
