//! Whole-system tests: a file per endpoint, and one per guarantee that spans them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budget;
mod cache;
mod channel_videos;
mod creators;
mod customers;
mod email;
mod failures;
mod freshness;
mod funds;
mod gateway;
mod health;
mod hostile;
mod key_edits;
mod keys;
mod ledger;
mod mappings;
mod mcp;
mod median_views;
mod money;
mod observing;
mod openapi;
mod ping;
mod platforms;
mod post_stats;
mod post_stats_batch;
mod profile;
mod provider_keys;
mod providers;
mod public_sandbox;
mod rate_limit;
mod readme;
mod requests;
mod secrets;
mod security;
mod server;
mod short_links;
mod site;
mod ssrf;
mod status;
mod template;
mod upgrade;
mod usage;
mod usage_counted;
mod wire;
