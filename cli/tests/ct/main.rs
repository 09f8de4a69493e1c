//! `ct` as a user runs it: the binary, its output, its data.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
mod disk;
mod doctor;
mod ending;
mod funds;
mod harness;
mod help;
mod keys;
mod link;
mod lists;
#[cfg(target_os = "linux")]
mod load;
mod mistakes;
mod operator;
mod private;
mod providers;
mod requests;
mod saving;
mod serve;
mod stand_ins;
mod stats;
mod usage;
