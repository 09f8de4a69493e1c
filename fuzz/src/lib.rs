//! The properties that the targets try; the whole-system tests use them too.

#[path = "../../tests/harness/hostile.rs"]
pub mod hostile;
