//! `ct`: the local server and the operator's commands.

pub mod engine;
mod http;
pub mod server;
