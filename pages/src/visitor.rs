//! Where a visitor has the site from, so that what is shown can be pasted as it is.

use http::header::HOST;
use lambda_http::Request;

/// The address that the documents in the repository have.
pub const PUBLISHED: &str = "https://creatortracking.com";

/// The reader of a page.
pub struct Visitor {
    /// The scheme and host under which they have it.
    pub origin: String,
}

impl Visitor {
    /// The sender of this request. A `Host` that is no host is taken for the published one.
    pub fn of(request: &Request) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let is_host = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        // Proxies make a list of it, whose first entry is the visitor's.
        let scheme = header("x-forwarded-proto").and_then(|schemes| schemes.split(',').next()).map(str::trim);
        let scheme = if scheme == Some("https") { "https" } else { "http" };
        let host = header(HOST.as_str()).filter(|host| !host.is_empty() && host.len() < 256).filter(is_host);
        let origin = host.map_or_else(|| PUBLISHED.to_owned(), |host| format!("{scheme}://{host}"));
        Self { origin }
    }
}
