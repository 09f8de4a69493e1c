//! The OpenAPI document: the contract for machines, made from the types that are written, the error
//! table and [`Endpoint::spec`](crate::contract::Endpoint::spec).
//!
//! The result is committed as `openapi.json` and served from there: no function runs this.

mod document;
mod headers;
mod operation;
mod order;
mod requests;
mod responses;
mod schema;
mod tools;

pub use document::document;
pub use headers::{HEADERS, Header};
pub use operation::Operation;
pub use tools::tools;
