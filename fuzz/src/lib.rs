//! What the targets try; the whole-system tests have it too.

#[path = "../../tests/harness/hostile.rs"]
pub mod hostile;
