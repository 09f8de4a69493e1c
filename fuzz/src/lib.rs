//! The properties that the targets check; the whole-system tests use them too.

#[path = "../../tests/harness/hostile.rs"]
pub mod hostile;
