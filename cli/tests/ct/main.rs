//! `ct` as a user runs it: the binary, its output, its data.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;
mod link;
mod mistakes;
mod operator;
mod private;
mod serve;
