//! The site's address for a visitor, so that the examples can be pasted unchanged.

use http::header::HOST;
use lambda_http::Request;

/// The address in the repository's documents.
pub const PUBLISHED: &str = "https://creatortracking.com";

/// The reader of a page.
pub struct Visitor {
    /// The scheme and host by which the reader reached the site.
    pub origin: String,
}

impl Visitor {
    /// The sender of this request. If `Host` is invalid, the published address is used.
    pub fn of(request: &Request) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let is_host = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        // Proxies append to a list, whose first entry is the visitor's.
        let scheme = header("x-forwarded-proto").and_then(|schemes| schemes.split(',').next()).map(str::trim);
        let scheme = if scheme == Some("https") { "https" } else { "http" };
        let host = header(HOST.as_str()).filter(|host| !host.is_empty() && host.len() < 256).filter(is_host);
        let origin = host.map_or_else(|| PUBLISHED.to_owned(), |host| format!("{scheme}://{host}"));
        Self { origin }
    }
}
