//! The endpoints: one declaration for each. The configuration, the local server, the pipeline and
//! the data of `platforms` are derived from it.

use std::fmt;

use http::Method;
use serde::{Serialize, Serializer};
use strum::IntoEnumIterator;

use super::error::{ApiError, ErrorCode};
use crate::creator::Operation;
use crate::money::MicroDollars;

/// The beginning of all paths.
const VERSION: &str = "/v1/";
/// The largest body of most endpoints, in bytes.
const MAX_BODY: usize = 16 * 1024;
/// The largest body of a batch, in bytes.
const MAX_BATCH_BODY: usize = 128 * 1024;

/// Every route that answers GET answers HEAD too.
const GET_AND_HEAD: &[&str] = &["GET", "HEAD"];
const POST: &[&str] = &["POST"];
const DELETE: &[&str] = &["DELETE"];

/// One endpoint of the published contract. It is displayed as its name: its path after `/v1/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, enum_map::Enum, strum::EnumIter)]
pub enum Endpoint {
    /// A post's counts.
    PostStats,
    /// A creator's profile.
    Profile,
    /// A creator's most recent videos.
    ChannelVideos,
    /// The median of a creator's views.
    MedianViews,
    /// A creator's e-mail address.
    Email,
    /// The counts of many posts.
    PostStatsBatch,
    /// The endpoints that work, by platform.
    Platforms,
    /// Whether the API runs.
    Ping,
    /// The account's money and usage.
    Usage,
    /// A past request and its cost.
    Request,
    /// An account's keys.
    Keys,
    /// Creates a key.
    CreateKey,
    /// Deletes a key.
    DeleteKey,
    /// Replaces a key by a new one.
    RotateKey,
    /// The state of all platforms and endpoints.
    Status,
}

/// The description of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The methods it takes, the usual one first.
    pub methods: &'static [&'static str],
    /// Its path on the host. A segment in braces matches any segment.
    pub path: &'static str,
    /// The function that answers it.
    pub function: &'static str,
    /// The largest body that it reads, in bytes.
    pub max_body: usize,
    /// Its letter in the names of stored usage. It never changes, and is different for each
    /// endpoint.
    pub usage_code: char,
    /// Free or priced.
    pub kind: Kind,
    /// Whether it is public: it needs no key, and reads none.
    pub is_public: bool,
    /// The path of the HTML page with this data.
    pub page: Option<&'static str>,
}

/// The price of an endpoint.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The endpoint is free and asks no provider.
    Free,
    /// A fresh answer has a price.
    Priced {
        /// The default price.
        default_price: MicroDollars,
        /// The operation of providers.
        operation: Operation,
    },
    /// Each fresh answer has the price of this endpoint.
    Batch(Endpoint),
}

impl Spec {
    const fn priced(
        path: &'static str,
        function: &'static str,
        usage_code: char,
        micro_dollars: u64,
        operation: Operation,
    ) -> Self {
        let kind = Kind::Priced { default_price: MicroDollars(micro_dollars), operation };
        Self { kind, ..Self::free(POST, path, function, usage_code) }
    }

    const fn free(
        methods: &'static [&'static str],
        path: &'static str,
        function: &'static str,
        usage_code: char,
    ) -> Self {
        let kind = Kind::Free;
        Self { methods, path, function, max_body: MAX_BODY, usage_code, kind, is_public: false, page: None }
    }

    const fn public(path: &'static str, page: &'static str, function: &'static str, usage_code: char) -> Self {
        Self { is_public: true, page: Some(page), ..Self::free(GET_AND_HEAD, path, function, usage_code) }
    }

    /// The usual method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.methods.first().copied().unwrap_or_default()
    }
}

impl Endpoint {
    /// The endpoint's description.
    #[must_use]
    pub const fn spec(self) -> Spec {
        match self {
            Self::PostStats => Spec::priced("/v1/post/stats", "post-stats", 's', 1_000, Operation::PostStats),
            Self::Profile => Spec::priced("/v1/profile", "profile", 'p', 1_000, Operation::Profile),
            Self::ChannelVideos => {
                Spec::priced("/v1/channel/videos", "channel-videos", 'v', 2_000, Operation::ChannelVideos)
            }
            Self::MedianViews => Spec::priced("/v1/median-views", "median-views", 'm', 2_000, Operation::ChannelVideos),
            Self::Email => Spec::priced("/v1/email", "email", 'e', 1_000, Operation::Profile),
            Self::PostStatsBatch => Spec {
                max_body: MAX_BATCH_BODY,
                kind: Kind::Batch(Self::PostStats),
                ..Spec::free(POST, "/v1/post/stats/batch", "post-stats-batch", 'b')
            },
            Self::Platforms => Spec::free(GET_AND_HEAD, "/v1/platforms", "platforms", 'l'),
            Self::Ping => Spec::free(GET_AND_HEAD, "/v1/ping", "ping", 'i'),
            Self::Usage => Spec::free(GET_AND_HEAD, "/v1/usage", "usage", 'u'),
            Self::Request => Spec::free(GET_AND_HEAD, "/v1/requests/{request_id}", "requests", 'q'),
            Self::Keys => Spec::free(GET_AND_HEAD, "/v1/keys", "keys", 'k'),
            Self::CreateKey => Spec::free(POST, "/v1/keys", "keys", 'n'),
            Self::DeleteKey => Spec::free(DELETE, "/v1/keys/{id}", "keys", 'd'),
            Self::RotateKey => Spec::free(POST, "/v1/keys/{id}/rotate", "keys", 't'),
            Self::Status => Spec::public("/v1/status", "/status", "status", 'h'),
        }
    }

    /// Its path after the version; with the method, if another endpoint has the same path.
    #[must_use]
    pub fn name(self) -> &'static str {
        if matches!(self, Self::CreateKey) {
            return "POST keys";
        }
        let path = self.spec().path;
        path.strip_prefix(VERSION).unwrap_or(path)
    }

    /// Whether it is about the account's keys, which only keys without limits can list and change.
    #[must_use]
    pub const fn manages_keys(self) -> bool {
        matches!(self, Self::Keys | Self::CreateKey | Self::DeleteKey | Self::RotateKey)
    }

    /// Whether a key can be limited to this endpoint. A key with limits can't manage keys, and
    /// public endpoints need no key.
    #[must_use]
    pub const fn is_limitable(self) -> bool {
        !self.manages_keys() && !self.spec().is_public
    }

    /// Whether a fresh answer has a price.
    #[must_use]
    pub const fn is_priced(self) -> bool {
        !matches!(self.spec().kind, Kind::Free)
    }

    /// The operation of its requests to providers; `None` if it asks no provider.
    #[must_use]
    pub const fn operation(self) -> Option<Operation> {
        match self.spec().kind {
            Kind::Free => None,
            Kind::Priced { operation, .. } => Some(operation),
            Kind::Batch(single) => single.operation(),
        }
    }

    /// Whether it asks providers for this operation.
    #[must_use]
    pub const fn asks_for(self, operation: Operation) -> bool {
        // `==` of enums can't be used in constants; if an operation is missing here, its use fails
        // to compile.
        matches!(
            (self.operation(), operation),
            (Some(Operation::PostStats), Operation::PostStats)
                | (Some(Operation::Profile), Operation::Profile)
                | (Some(Operation::ChannelVideos), Operation::ChannelVideos)
        )
    }

    /// The endpoint of a route. A slash at the path's end changes nothing.
    ///
    /// # Errors
    /// If the route doesn't exist, or takes another method.
    pub fn routed(method: &Method, path: &str) -> Result<Self, ApiError> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let specs: Vec<_> = Self::iter().map(|endpoint| (endpoint, endpoint.spec())).collect();
        let here = || specs.iter().filter(|(_, spec)| is_at(path, spec.path) || spec.page == Some(path));
        if here().next().is_none() {
            return Err(ErrorCode::UnknownRoute.into());
        }
        if let Some((endpoint, _)) = here().find(|(_, spec)| spec.methods.contains(&method.as_str())) {
            return Ok(*endpoint);
        }
        let advice: Vec<_> = here().map(|(_, spec)| format!("{} {}", spec.method(), spec.path)).collect();
        let error = ApiError::new(ErrorCode::MethodNotAllowed, format!("send {}", advice.join(" or ")));
        let allow = here().flat_map(|(_, spec)| spec.methods).copied().collect();
        Err(ApiError { allow, ..error })
    }

    /// The segment of a path at the place of the name in braces.
    #[must_use]
    pub fn parameter(self, path: &str) -> Option<&str> {
        let segments = self.spec().path.split('/').zip(path.split('/'));
        segments.into_iter().find(|(pattern, _)| pattern.starts_with('{')).map(|(_, segment)| segment)
    }
}

/// Whether this path matches the pattern.
fn is_at(path: &str, pattern: &str) -> bool {
    let (segments, patterns) = (path.split('/'), pattern.split('/'));
    let is_one = |(segment, pattern): (&str, &str)| {
        if pattern.starts_with('{') { !segment.is_empty() } else { segment == pattern }
    };
    segments.clone().count() == patterns.clone().count() && segments.zip(patterns).all(is_one)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_endpoint_is_found_by_its_path_and_each_of_its_methods() {
        for endpoint in Endpoint::iter() {
            let spec = endpoint.spec();
            assert!(!spec.methods.is_empty());
            for method in spec.methods {
                let method = method.parse().unwrap();
                for path in [spec.path].into_iter().chain(spec.page) {
                    assert_eq!(Endpoint::routed(&method, path).unwrap(), endpoint);
                    assert_eq!(Endpoint::routed(&method, &format!("{path}/")).unwrap(), endpoint);
                }
            }
        }
    }

    #[test]
    fn no_two_endpoints_have_the_same_name_or_code() {
        let names: HashSet<_> = Endpoint::iter().map(Endpoint::name).collect();
        let codes: HashSet<_> = Endpoint::iter().map(|endpoint| endpoint.spec().usage_code).collect();
        assert_eq!((names.len(), codes.len()), (Endpoint::iter().count(), Endpoint::iter().count()));
    }

    #[test]
    fn the_codes_in_stored_usage_never_change() {
        let codes: Vec<_> =
            Endpoint::iter().map(|endpoint| format!("{} {endpoint}", endpoint.spec().usage_code)).collect();
        insta::assert_snapshot!(codes.join("\n"), @r"
        s post/stats
        p profile
        v channel/videos
        m median-views
        e email
        b post/stats/batch
        l platforms
        i ping
        u usage
        q requests/{request_id}
        k keys
        n POST keys
        d keys/{id}
        t keys/{id}/rotate
        h status
        ");
    }
}
