//! The base of every function of the Creator Tracking API.
//!
//! Dependencies point one way: functions → [`pipeline`] → [`account`], [`cache`], [`provider`],
//! [`contract`] → [`creator`] → [`platform`].

pub mod account;
mod base62;
pub mod cache;
pub mod clock;
pub mod config;
pub mod contract;
pub mod creator;
pub mod dynamodb;
mod escapes;
pub mod gateway;
pub mod health;
pub mod http_client;
pub mod lambda;
pub mod mcp;
pub mod metrics;
pub mod money;
pub mod openapi;
pub mod pipeline;
pub mod platform;
pub mod provider;
pub mod provider_keys;
mod sandbox;
pub mod short_link;
pub mod site;
pub mod telemetry;
