//! `ct` as a user runs it: the binary, its output, its data.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
mod disk;
mod harness;
mod link;
#[cfg(target_os = "linux")]
mod load;
mod mistakes;
mod operator;
mod private;
mod providers;
mod saving;
mod serve;
mod stand_ins;
