//! Head, header and footer of every page.

use askama::Template;

/// A page around its body, which is HTML and has the one `<main id="content">`.
#[derive(Template)]
#[template(path = "layout.html")]
pub struct Layout<'a> {
    /// The title, also in the browser's tab.
    pub title: &'a str,
    /// One sentence about the page, for search engines.
    pub description: &'a str,
    /// The path of its part of the site.
    pub part: &'a str,
    /// The path of its Markdown; empty if it has none.
    pub markdown: &'a str,
    /// An inline style sheet; without it, the page links the site's style and script.
    pub style: Option<&'a str>,
    /// The body, as HTML.
    pub body: &'a str,
}

impl<'a> Layout<'a> {
    /// The whole page.
    ///
    /// # Errors
    /// If a template can't be rendered.
    pub fn html(&self) -> askama::Result<String> {
        self.render()
    }

    /// A page with one message. The text is ours, so it has no HTML of strangers.
    pub(crate) fn message(title: &'a str, text: &'static str) -> Layout<'a> {
        Layout { title, description: text, part: "", markdown: "", style: None, body: "" }
    }

    /// Marks the current part of the site for screen readers.
    fn current(&self, part: &str) -> &'static str {
        if self.part == part { " aria-current=\"true\"" } else { "" }
    }
}
