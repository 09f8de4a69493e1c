//! Whole-system tests: a file per endpoint, and one per guarantee that spans them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;
mod mappings;
mod money;
mod ping;
mod platforms;
mod post_stats;
mod providers;
mod rate_limit;
mod readme;
mod short_links;
