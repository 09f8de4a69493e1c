//! Converts Markdown to HTML: headings with anchors, tables that become lists on a phone, commands
//! that run.

use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::curl;

/// The result of a conversion.
#[derive(Default)]
pub struct Html {
    /// The HTML.
    pub body: String,
    /// The headings, in their order.
    pub headings: Vec<Heading>,
    /// Whether the page has operations with examples beside them.
    pub has_operations: bool,
    /// Whether an operation's section is open.
    in_operation: bool,
    /// Whether the open section's examples are open.
    in_example: bool,
}

/// A heading.
pub struct Heading {
    /// The level: 1 is the title.
    pub level: u8,
    /// The anchor, unique on the page.
    pub id: String,
    /// Its text.
    pub text: String,
}

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
}

/// Converts Markdown, which must be ours, because HTML in it is kept.
pub fn of(markdown: &str) -> Html {
    let mut html = Html::default();
    let mut events = parser(markdown).peekable();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let inside = until(&mut events, |end| matches!(end, TagEnd::Heading(_)));
                html.heading(level, inside);
            }
            Event::Start(Tag::Table(_)) => html.table(until(&mut events, |end| *end == TagEnd::Table)),
            Event::Start(Tag::CodeBlock(kind)) => {
                let mut blocks = vec![block(&kind, &mut events)];
                // A block directly after a command is the same request in another language.
                while blocks[0].language == "sh"
                    && let Some(Event::Start(Tag::CodeBlock(kind))) =
                        events.next_if(|event| matches!(event, Event::Start(Tag::CodeBlock(kind)) if !is_json(kind)))
                {
                    blocks.push(block(&kind, &mut events));
                }
                html.code(&blocks);
            }
            Event::Start(Tag::Paragraph) if !html.body.contains("<p") => html.body += "<p class=\"lead\">",
            other => html::push_html(&mut html.body, std::iter::once(other)),
        }
    }
    html.close();
    html
}

struct Block {
    language: String,
    text: String,
}

fn is_json(kind: &CodeBlockKind<'_>) -> bool {
    matches!(kind, CodeBlockKind::Fenced(language) if language.as_ref() == "json")
}

fn block<'a>(kind: &CodeBlockKind<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Block {
    let language = match kind {
        CodeBlockKind::Fenced(language) => language.to_string(),
        CodeBlockKind::Indented => String::new(),
    };
    let inside = until(events, |end| *end == TagEnd::CodeBlock);
    Block { language, text: text_of(&inside).trim_end().to_owned() }
}

/// The events up to this end.
fn until<'a>(events: &mut impl Iterator<Item = Event<'a>>, is_end: impl Fn(&TagEnd) -> bool) -> Vec<Event<'a>> {
    events.take_while(|event| !matches!(event, Event::End(end) if is_end(end))).collect()
}

fn text_of(events: &[Event<'_>]) -> String {
    let text = |event: &Event<'_>| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}

/// The plain text of Markdown events.
pub fn plain(markdown: &str) -> String {
    text_of(&parser(markdown).collect::<Vec<_>>())
}

/// The anchor of a heading, in GitHub's form.
pub fn anchor(text: &str) -> String {
    let sign = |sign: char| match sign {
        ' ' => Some('-'),
        '-' | '_' => Some(sign),
        _ if sign.is_alphanumeric() => Some(sign.to_ascii_lowercase()),
        _ => None,
    };
    text.chars().filter_map(sign).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Html {
    fn heading(&mut self, level: HeadingLevel, inside: Vec<Event<'_>>) {
        let (text, is_title) = (text_of(&inside), level == HeadingLevel::H1);
        let id = self.free(&anchor(&text));
        let is_operation =
            level == HeadingLevel::H2 && ["GET /", "POST /", "DELETE /"].iter().any(|start| text.starts_with(start));
        self.end_example();
        if level <= HeadingLevel::H2 {
            self.end_operation();
        }
        if is_operation {
            self.body += "<section class=\"operation\">";
            (self.in_operation, self.has_operations) = (true, true);
        }
        if self.in_operation && text == "Example" {
            self.body += "<section class=\"beside\">";
            self.in_example = true;
        }
        let _ = write!(self.body, "<{level} id=\"{id}\">");
        html::push_html(&mut self.body, inside.into_iter());
        if !is_title {
            let _ = write!(
                self.body,
                " <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to {}\">#</a>",
                escaped(&text)
            );
        }
        let _ = writeln!(self.body, "</{level}>");
        let level = level.to_string().trim_start_matches('h').parse().unwrap_or(1);
        self.headings.push(Heading { level, id, text });
    }

    /// The anchor, with a number if it occurred before.
    fn free(&self, anchor: &str) -> String {
        let taken = |id: &str| self.headings.iter().any(|heading| heading.id == id);
        let mut id = anchor.to_owned();
        let mut number = 0;
        while taken(&id) {
            number += 1;
            id = format!("{anchor}-{number}");
        }
        id
    }

    fn end_example(&mut self) {
        if std::mem::take(&mut self.in_example) {
            self.body += "</section>\n";
        }
    }

    fn end_operation(&mut self) {
        if std::mem::take(&mut self.in_operation) {
            self.body += "</section>\n";
        }
    }

    fn close(&mut self) {
        self.end_example();
        self.end_operation();
    }

    /// A table whose cells name their column, for narrow screens. Its ARIA roles keep it a table
    /// there.
    fn table(&mut self, inside: Vec<Event<'_>>) {
        let (mut names, mut rows) = (Vec::new(), Vec::<Vec<String>>::new());
        let (mut cell, mut is_head) = (Vec::new(), false);
        for event in inside {
            match event {
                Event::Start(Tag::TableHead) => is_head = true,
                Event::Start(Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(Tag::TableCell) => cell.clear(),
                Event::End(TagEnd::TableHead) => is_head = false,
                Event::End(TagEnd::TableCell) if is_head => names.push(text_of(&cell)),
                Event::End(TagEnd::TableCell) => {
                    let mut text = String::new();
                    html::push_html(&mut text, cell.drain(..));
                    rows.extend(rows.is_empty().then(Vec::new));
                    rows.last_mut().into_iter().for_each(|row| row.push(std::mem::take(&mut text)));
                }
                other => cell.push(other),
            }
        }
        self.rows(&names, &rows);
    }

    fn rows(&mut self, names: &[String], rows: &[Vec<String>]) {
        let class = if names.first().is_some_and(|name| name == "field") { " class=\"fields\"" } else { "" };
        let head = |name: &String| match name.as_str() {
            "" => "<td role=\"cell\"></td>".to_owned(),
            name => format!("<th role=\"columnheader\" scope=\"col\">{}</th>", escaped(name)),
        };
        let heads: String = names.iter().map(head).collect();
        let _ = write!(
            self.body,
            "<table role=\"table\"{class}><thead role=\"rowgroup\"><tr role=\"row\">{heads}</tr></thead><tbody role=\"rowgroup\">"
        );
        for row in rows {
            let cells = row.iter().zip(names).map(|(cell, name)| {
                let empty = if cell.is_empty() { " class=\"empty\"" } else { "" };
                format!("<td role=\"cell\"{empty} data-label=\"{}\">{cell}</td>", escaped(name))
            });
            let _ = writeln!(self.body, "<tr role=\"row\">{}</tr>", cells.collect::<String>());
        }
        self.body += "</tbody></table>\n";
    }

    /// A block of code in one or several languages; a command has a Run button.
    fn code(&mut self, blocks: &[Block]) {
        let call = blocks.first().filter(|block| block.language == "sh").and_then(|block| curl::read(&block.text));
        self.body += "<div class=\"code\"";
        if let Some(call) = &call {
            let _ =
                write!(self.body, " data-method=\"{}\" data-path=\"{}\"", escaped(&call.method), escaped(&call.path));
            if let Some(body) = &call.body {
                let _ = write!(self.body, " data-body=\"{}\"", escaped(body));
            }
        }
        self.body += ">";
        for block in blocks {
            let label = match block.language.as_str() {
                "sh" if call.is_some() => "curl",
                "sh" => "Shell",
                "json" => "JSON",
                "js" => "JavaScript",
                "python" => "Python",
                "rust" => "Rust",
                _ => "Text",
            };
            let _ = write!(
                self.body,
                "<div class=\"panel\" data-language=\"{label}\"><p class=\"label\">{label}</p><pre tabindex=\"0\" \
                 role=\"group\" aria-label=\"{label} code\"><code>{}</code></pre></div>",
                escaped(&block.text)
            );
        }
        self.body += "</div>\n";
    }
}

/// The target of a link.
pub struct Target {
    /// The address.
    pub address: String,
    /// The title of the target, if it is one of our pages.
    pub title: Option<&'static str>,
}

/// Replaces the targets of links, and file names by titles. A link without a target becomes its
/// text.
pub fn with_links(markdown: &str, target: &dyn Fn(&str) -> Option<Target>) -> String {
    let (mut text, mut end) = (String::new(), 0);
    for (event, range) in parser(markdown).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
        let source = &markdown[range.clone()];
        let written = format!("]({dest_url}");
        let Some(place) = source.rfind(&written).filter(|_| range.start >= end) else { continue };
        text += &markdown[end..range.start];
        let shown = &source[1..place];
        match target(&dest_url) {
            Some(Target { address, title }) => {
                let is_file_name = dest_url.split('#').next() == Some(shown);
                let shown = title.filter(|_| is_file_name).unwrap_or(shown);
                text += &["[", shown, "](", &address, &source[place + written.len()..]].concat();
            }
            None => text += shown,
        }
        end = range.end;
    }
    text + &markdown[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_work_on_the_site_or_become_text() {
        let target =
            |link: &str| (link != "gone.md").then(|| Target { address: link.replace(".md", ""), title: Some("Title") });
        let text = with_links("a [b](b.md) [`c`](gone.md), [d.md](d.md), [e](https://e.example).", &target);
        assert_eq!(text, "a [b](b) `c`, [Title](d), [e](https://e.example).");
    }

    #[test]
    fn headings_with_equal_names_have_different_anchors() {
        let html = of("# A b\n\n## `c_d`!\n\n## `c_d`\n");
        let ids: Vec<_> = html.headings.iter().map(|heading| (heading.level, heading.id.as_str())).collect();
        assert_eq!(ids, [(1, "a-b"), (2, "c_d"), (2, "c_d-1")]);
    }

    #[test]
    fn html_in_code_is_shown_as_text() {
        let html = of("```sh\ncurl https://a.example/b -d '{\"c\": \"<script>\"}'\n```\n").body;
        assert!(html.contains("data-body=\"{&quot;c&quot;: &quot;&lt;script&gt;&quot;}\""), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }
}
