//! An answer that hasn't been checked yet.

use super::{Answer, CheckError};
use crate::platform::{Claim, Subject};

/// A provider's answer, with its body's claims about its subject. The answer is only accessible
/// through the check of both, so no mapping can forget it.
#[derive(Debug)]
pub struct Unchecked<A> {
    answer: A,
    claims: Vec<Claim>,
}

impl<A: Answer> Unchecked<A> {
    /// An answer whose body makes these claims. There are none if the body never names its subject.
    pub fn new(answer: A, claims: impl IntoIterator<Item = Claim>) -> Self {
        Self { answer, claims: claims.into_iter().collect() }
    }

    /// Whether no claim contradicts this subject. A provider checks this before it believes the
    /// body's other ids.
    pub fn is_about(&self, subject: &A::Subject) -> bool {
        !self.claims.iter().any(|claim| subject.is_contradicted_by(claim))
    }

    /// The answer without a check, for the sandbox, where callers can request an empty answer.
    pub fn without_check(self) -> A {
        self.answer
    }

    /// The answer about this subject, without impossible counts.
    ///
    /// # Errors
    /// If it is about another subject, or has nothing about this one.
    pub fn checked(self, subject: &A::Subject) -> Result<A, CheckError> {
        if self.is_about(subject) { self.answer.checked(subject) } else { Err(CheckError::Another) }
    }
}
