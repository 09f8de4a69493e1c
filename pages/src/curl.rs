//! Parses the `curl` commands of the documentation, so that they run on the page and in the tests,
//! and translates them into other languages.

use std::fmt::Write;

/// The request of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// The scheme and the host.
    pub origin: String,
    /// The path and the query.
    pub path: String,
    /// Whether the command sends a key.
    pub has_key: bool,
    /// The JSON body.
    pub body: Option<String>,
}

/// Parses one command, with or without comments.
pub fn read(code: &str) -> Option<Call> {
    let lines = code.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    let command = lines.join("\n").replace("\\\n", " ");
    let mut words = words(&command)?.into_iter();
    if words.next()? != "curl" {
        return None;
    }
    let (mut method, mut url, mut body, mut has_key) = (None, None, None, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => method = words.next(),
            "-H" => has_key |= words.next()?.contains(KEY),
            "-d" => body = words.next(),
            _ if word.starts_with("http") => url = Some(word),
            _ => return None,
        }
    }
    let url = url?;
    let host = url.find("://")? + 3;
    let path = host + url[host..].find('/')?;
    Some(Call {
        method: method.unwrap_or_else(|| "GET".to_owned()),
        origin: url[..path].to_owned(),
        path: url[path..].to_owned(),
        has_key,
        body,
    })
}

/// The words of one command; `None` if the text has more than one.
fn words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut is_word = false;
    for sign in command.trim().chars() {
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (Some(_), _) => word.push(sign),
            (None, '\'' | '"') => (quote, is_word) = (Some(sign), true),
            (None, '\n' | '|' | ';' | '&' | '$' | '\\') => return None,
            (None, ' ') => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (None, _) => {
                word.push(sign);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    quote.is_none().then_some(words)
}

/// The placeholder for the key in examples, which a reader's own key replaces.
pub const KEY: &str = "ct_live_YOUR_KEY";

impl Call {
    /// The `curl` command.
    pub fn curl(&self) -> String {
        let Self { method, origin, path, body, .. } = self;
        let method = if method == "GET" { String::new() } else { format!("-X {method} ") };
        let mut text = format!("curl {method}{origin}{path}");
        if self.has_key {
            let _ = write!(text, " \\\n  -H \"Authorization: Bearer {KEY}\"");
        }
        if let Some(body) = body {
            let _ = write!(text, " \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'");
        }
        text
    }

    /// The request in Python.
    pub fn python(&self) -> String {
        let key = self.with_key(format!("    headers={{\"Authorization\": \"Bearer {KEY}\"}},\n"));
        let json = self.with_body(|body| format!("    json={},\n", in_python(body)));
        let Self { origin, path, .. } = self;
        format!(
            "import requests\n\nresponse = requests.{}(\n    \"{origin}{path}\",\n{key}{json}    timeout=35,\n)\n\
             print(response.json())",
            self.method.to_lowercase()
        )
    }

    /// The request in JavaScript.
    pub fn javascript(&self) -> String {
        let key = self.with_key(format!("    Authorization: \"Bearer {KEY}\",\n"));
        let kind = self.with_body(|_| "    \"Content-Type\": \"application/json\",\n".to_owned());
        let json = self.with_body(|body| format!("  body: JSON.stringify({body}),\n"));
        let Self { method, origin, path, .. } = self;
        let headers = [key, kind].concat();
        let headers = if headers.is_empty() { headers } else { format!("  headers: {{\n{headers}  }},\n") };
        format!(
            "const response = await fetch(\"{origin}{path}\", {{\n  method: \"{method}\",\n{headers}{json}}});\n\
             console.log(await response.json());"
        )
    }

    /// The request in Rust.
    pub fn rust(&self) -> String {
        let key = self.with_key(format!("\n    .bearer_auth(\"{KEY}\")"));
        let json = self.with_body(|body| format!("\n    .json(&serde_json::json!({body}))"));
        let Self { origin, path, .. } = self;
        format!(
            "// reqwest with the features \"blocking\" and \"json\", and serde_json\nlet answer: serde_json::Value = \
             reqwest::blocking::Client::new()\n    .{}(\"{origin}{path}\"){key}{json}\n    .send()?\n    .json()?;\n\
             println!(\"{{answer:#}}\");",
            self.method.to_lowercase()
        )
    }

    fn with_key(&self, line: String) -> String {
        if self.has_key { line } else { String::new() }
    }

    fn with_body(&self, line: impl Fn(&str) -> String) -> String {
        self.body.as_deref().map(line).unwrap_or_default()
    }
}

/// JSON as a Python literal. No string of an example has such a word after a colon.
fn in_python(json: &str) -> String {
    json.replace(": true", ": True").replace(": false", ": False").replace(": null", ": None")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_command_is_read_back_unchanged() {
        let json = Some("{\"url\": \"it’s\"}".to_owned());
        for (method, has_key, body) in [("POST", true, json), ("DELETE", true, None), ("GET", false, None)] {
            let (origin, path) = ("https://a.example".into(), "/v1/b".into());
            let call = Call { method: method.into(), origin, path, has_key, body };
            assert_eq!(read(&call.curl()), Some(call));
        }
    }

    #[test]
    fn code_with_more_than_one_command_is_not_run() {
        for code in ["curl https://a.example/b | jq", "curl https://a.example/b\ncurl https://a.example/c", "ls", ""] {
            assert_eq!(read(code), None, "{code}");
        }
    }
}
