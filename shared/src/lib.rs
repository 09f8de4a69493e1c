//! What every function of the Creator Tracking API is built on.
//!
//! Dependencies point one way: functions → [`pipeline`] → [`account`], [`cache`], [`provider`] → [`platform`], [`creator`],
//! [`contract`]. A handler reads like a sentence: parse, serve, answer.

pub mod account;
mod base62;
pub mod cache;
pub mod clock;
pub mod config;
pub mod contract;
pub mod creator;
pub mod dynamodb;
pub mod lambda;
pub mod money;
pub mod pipeline;
pub mod platform;
pub mod provider;
mod sandbox;
pub mod short_link;
pub mod telemetry;
