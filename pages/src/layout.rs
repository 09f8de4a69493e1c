//! Head, header and footer of every page.

use askama::Template;

/// A page around its body, which is HTML and has the one `<main id="content">`.
#[derive(Template)]
#[template(path = "layout.html")]
pub struct Layout<'a> {
    /// Its title, in the browser's tab.
    pub title: &'a str,
    /// One sentence on its use, for search engines.
    pub description: &'a str,
    /// The path of the part of the site that it belongs to.
    pub part: &'a str,
    /// The path of its Markdown; empty where it has none.
    pub markdown: &'a str,
    /// A style sheet's text; without one, the page links the site's, and its script.
    pub style: Option<&'a str>,
    /// Its body.
    pub body: &'a str,
}

impl<'a> Layout<'a> {
    /// The whole page.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn html(&self) -> askama::Result<String> {
        self.render()
    }

    /// A page that says one thing. The text is ours.
    pub(crate) fn message(title: &'a str, text: &'static str) -> Layout<'a> {
        Layout { title, description: text, part: "", markdown: "", style: None, body: "" }
    }

    /// The current part of the site, for readers who don't see it.
    fn current(&self, part: &str) -> &'static str {
        if self.part == part { " aria-current=\"true\"" } else { "" }
    }
}
