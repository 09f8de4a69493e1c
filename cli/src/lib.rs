//! `ct`: the local server and the operator's commands.

pub mod engine;
pub mod server;
